import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createNamespace } from "../support/new-namespace.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const namespace = uniqueNamespace("diff");
const core = `/api/v1/namespaces/${namespace}`;
const here = ["--include-namespaces", namespace];

describe("ark-ts diff on a real API server", { skip: await whyNoTestbed() }, () => {
  let client: KubeClient;
  let ark: Ark;
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const patch = (path: string, change: object) =>
    client.demand("PATCH", path, JSON.stringify(change), "application/merge-patch+json");

  before(async () => {
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig);
    await createNamespace(client, namespace);
    for (const name of ["settings", "gone", "same"]) {
      await post(`${core}/configmaps`, {
        metadata: { name, labels: { set: name === "same" ? "b" : "a" } },
        data: { mode: "blue" },
      });
    }
    await post(`${core}/secrets`, {
      metadata: { name: "db" },
      data: { password: Buffer.from("planted-old").toString("base64") },
    });
    await post(`${core}/serviceaccounts`, { metadata: { name: "app" } });
    await post(`${core}/services`, {
      metadata: { name: "web" },
      spec: { ports: [{ name: "http", port: 80 }], selector: { app: "web" } },
    });
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const isSliced = async () => /"name":"web-/.test(`${await client.get(slices)}`);
    await waitFor("the slice of the Service", isSliced, { timeoutMs: 240_000 });
    await ark.ok("backup", "create", "first", ...here);
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`);
    ark?.remove();
    await client?.close();
  });

  it("finds no difference right after the backup, and says so with status 0", async () => {
    const { status, stdout } = await ark.run("diff", "first", "--exit-code");
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^from first to cluster \S+: 0 added, 0 removed, 0 changed, \d+ equal\n$/);
  });

  it("tells objects and fields that changed, and never a Secret's values", async () => {
    await patch(`${core}/configmaps/settings`, { data: { mode: "green" } });
    const password = Buffer.from("planted-new").toString("base64");
    await patch(`${core}/secrets/db`, { data: { password } });
    await patch(`${core}/services/web`, { spec: { ports: [{ name: "http", port: 81 }] } });
    await client.demand("DELETE", `${core}/configmaps/gone`);
    await post(`${core}/configmaps`, { metadata: { name: "new" } });
    const { status, stdout } = await ark.run("diff", "first", "--exit-code");
    assert.equal(status, 1);
    const lines = stdout.split("\n");
    for (const line of [
      `~ configmaps/${namespace}/settings`,
      '    data.mode: "blue" -> "green"',
      `~ secrets/${namespace}/db`,
      '    data.password: "(hidden, before)" -> "(hidden, after)"',
      `- configmaps/${namespace}/gone`,
      `+ configmaps/${namespace}/new`,
      `~ services/${namespace}/web`,
    ]) {
      assert.ok(lines.includes(line), `${line}\nis not in\n${stdout}`);
    }
    assert.match(stdout, /: 1 added, 1 removed, 3 changed, \d+ equal\n$/);
    assert.doesNotMatch(stdout, new RegExp(`planted|${password}`));
    assert.doesNotMatch(stdout, /same|resourceVersion|managedFields/);
  });

  it("compares one object, a kind or what labels select", async () => {
    const one = await ark.run("diff", "first", `cm/${namespace}/settings`, "-o", "json");
    assert.deepEqual(JSON.parse(one.stdout).objects, [
      {
        resource: "configmaps",
        namespace,
        name: "settings",
        change: "changed",
        fields: [{ path: "data.mode", change: "changed", before: "blue", after: "green" }],
      },
    ]);
    const names = (...flags: string[]) => ark.ok("diff", "first", "-o", "name", ...flags);
    assert.equal(await names("--include-resources", "secrets"), `secrets/${namespace}/db\n`);
    assert.equal(
      await names("--selector", "set=a"),
      `configmaps/${namespace}/settings\nconfigmaps/${namespace}/gone\n`,
    );
    assert.equal(await names("--selector", "set=b"), "");
  });

  it("compares two backups the same way, without a cluster", async () => {
    await ark.ok("backup", "create", "second", ...here);
    const alone = createArk("/nonexistent", { XDG_DATA_HOME: `${ark.home}/data` });
    try {
      const flags = ["--mode", "standalone", "-o", "json"];
      const { stdout, stderr } = await alone.run("diff", "first", "second", ...flags);
      const diff = JSON.parse(stdout === "" ? stderr : stdout);
      assert.deepEqual([diff.added, diff.removed, diff.changed], [1, 1, 3]);
      const against = await ark.ok("diff", "first", "-o", "json");
      const sorted = (objects: readonly object[]) =>
        objects.map((object) => JSON.stringify(object)).sort();
      assert.deepEqual(sorted(diff.objects), sorted(JSON.parse(against).objects));
    } finally {
      alone.remove();
    }
  });

  it("follows a namespace that was restored under another name", async () => {
    const copy = `${namespace}-copy`;
    const mapping = ["--namespace-mappings", `${namespace}:${copy}`];
    await ark.ok("restore", "create", "r1", "--from-backup", "second", ...mapping);
    try {
      const { status, stdout } = await ark.run("diff", "second", ...mapping, "--exit-code");
      assert.equal(status, 0, stdout);
      await patch(`/api/v1/namespaces/${copy}/configmaps/same`, { data: { mode: "red" } });
      assert.equal(
        await ark.ok("diff", "second", ...mapping, "-o", "name"),
        `configmaps/${copy}/same\n`,
      );
    } finally {
      await client.demand("DELETE", `/api/v1/namespaces/${copy}`);
    }
  });

  it("has status 3 when it cannot tell, and 2 for what makes no sense", async () => {
    const missing = await ark.run("diff", "nothing", "--exit-code");
    assert.equal(missing.status, 3);
    assert.match(missing.stderr, /ARK_BACKUP_NOT_FOUND/);
    const stray = await ark.run("diff", "first", "--include-resources", "secrts", "--exit-code");
    assert.equal(stray.status, 2);
    assert.match(stray.stderr, /knows a kind named "secrts"[\s\S]*secrets/);
    const three = await ark.run("diff", "first", "second", "third");
    assert.equal(three.status, 2);
  });
});
