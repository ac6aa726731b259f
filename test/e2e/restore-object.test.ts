import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createNamespace } from "../support/new-namespace.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const namespace = uniqueNamespace("robj");
const other = `${namespace}-other`;
const path = (of = namespace): string => `/api/v1/namespaces/${of}/configmaps`;

describe("ark-ts restore object on a real API server", { skip: await whyNoTestbed() }, () => {
  let client: KubeClient;
  let ark: Ark;
  const object = `cm/${namespace}/one`;
  const from = ["--from-backup", "b"];

  const dataOf = async (of: string, name: string): Promise<unknown> => {
    const bytes = await client.get(`${path(of)}/${name}`);
    return bytes && JSON.parse(bytes.toString()).data;
  };

  before(async () => {
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig);
    await createNamespace(client, namespace);
    for (const name of ["one", "two"]) {
      const map = { metadata: { name }, data: { mode: "blue" } };
      await client.demand("POST", path(), JSON.stringify(map));
    }
    await ark.ok("backup", "create", "b", "--include-namespaces", namespace);
    await client.demand("DELETE", `${path()}/one`);
    await client.demand("DELETE", `${path()}/two`);
  });
  after(async () => {
    for (const name of [namespace, other]) {
      await client?.demand("DELETE", `/api/v1/namespaces/${name}`).catch(() => {});
    }
    ark?.remove();
    await client?.close();
  });

  it("says what it would do, shows the object, and writes nothing", async () => {
    const text = await ark.ok("restore", "object", object, ...from, "--dry-run=server");
    assert.match(text, /create +ConfigMap \S+\/one/);
    assert.match(text, /1 of 1 asked: 1 accepted/);
    const yaml = await ark.ok(
      "restore",
      "object",
      object,
      ...from,
      "--dry-run=client",
      "-o",
      "yaml",
    );
    assert.match(yaml, /^kind: ConfigMap$/m);
    assert.match(yaml, /mode: blue/);
    assert.doesNotMatch(yaml, /uid:/);
    assert.equal(await dataOf(namespace, "one"), undefined);
    assert.doesNotMatch(await ark.ok("restore", "get"), /b-/, "no record");
  });

  it("restores it and nothing else, with a record that can be undone", async () => {
    const text = await ark.ok("restore", "object", object, ...from);
    assert.match(text, /created 1 +updated 0 +skipped 0 +failed 0/);
    assert.deepEqual(await dataOf(namespace, "one"), { mode: "blue" });
    assert.equal(await dataOf(namespace, "two"), undefined);
    const name = /restore undo (\S+)/.exec(text)?.[1] ?? "";
    await ark.ok("restore", "undo", name, "--confirm");
    assert.equal(await dataOf(namespace, "one"), undefined);
  });

  it("restores it into another namespace, which it makes, and leaves alone what differs", async () => {
    const where = ["--to-namespace", other];
    await ark.ok("restore", "object", object, ...from, ...where);
    assert.deepEqual(await dataOf(other, "one"), { mode: "blue" });
    const change = JSON.stringify({ metadata: { name: "one" }, data: { mode: "red" } });
    await client.demand("PUT", `${path(other)}/one`, change);
    const left = await ark.ok("restore", "object", object, ...from, ...where);
    assert.match(left, /differs from the backup in data\.mode; it was left as it is/);
    const policy = ["--existing-resource-policy", "update"];
    await ark.ok("restore", "object", object, ...from, ...where, ...policy);
    assert.deepEqual(await dataOf(other, "one"), { mode: "blue" });
  });

  it("says of a namespace that it comes alone, and how to bring what is in it", async () => {
    const alone = ["--to-namespace", `${other}-2`, "--dry-run=server"];
    const told = await ark.run("restore", "object", `namespaces/${namespace}`, ...from, ...alone);
    assert.equal(told.status, 0, told.stderr);
    assert.match(
      told.stderr,
      /alone, as "\S+-2", and nothing that is in it; for all of it: .*--namespace-mappings/,
    );
  });

  it("says what it cannot find, and what cannot be meant", async () => {
    const typo = await ark.run("restore", "object", `cm/${namespace}/oen`, ...from);
    assert.equal(typo.status, 1);
    assert.match(typo.stderr, /did you mean configmaps\/\S+\/one\?/);
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [["cm", ...from], /"cm" names no object/],
      [[object], /needs --from-backup/],
      [[`gadgets/${namespace}/one`, ...from], /no object of kind "gadgets"/],
    ];
    for (const [args, sentence] of refused) {
      const { status, stderr } = await ark.run("restore", "object", ...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, sentence);
    }
  });
});
