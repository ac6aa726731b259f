import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { load } from "js-yaml";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { runCommand } from "../support/run-command.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { type Definition, type Json, readDefinitions } from "../support/velero-source.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import { waitFor } from "../testbed/wait.ts";

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const finalizer = "restores.velero.io/external-resources-finalizer";

interface LiveDefinition extends Definition {
  readonly metadata: Definition["metadata"] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
}

describe("ark-ts install and uninstall --crds-only", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  let velero: (...args: readonly string[]) => Promise<void>;

  before(async () => {
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    const binary = await ensureBinary("velero");
    velero = async (...args) => {
      const env = { KUBECONFIG: plane.kubeconfig, HOME: ark.home };
      const { status, stdout, stderr } = await runCommand(binary, args, { env });
      assert.equal(status, 0, stdout + stderr);
    };
    for (const name of ["ark-ts", "velero"]) {
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
      await client.demand("POST", "/api/v1/namespaces", JSON.stringify(namespace));
    }
  });
  after(async () => {
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  const installed = async (): Promise<readonly LiveDefinition[]> => {
    const { items } = JSON.parse((await client.demand("GET", definitionsPath)).toString()) as {
      items: LiveDefinition[];
    };
    return items.filter(({ spec }) => spec.group === "velero.io");
  };
  const one = async (name: string): Promise<LiveDefinition> => {
    const found = (await installed()).find(({ metadata }) => metadata.name === name);
    return found ?? assert.fail(`${name} is not there`);
  };
  const marks = async () =>
    new Map(
      (await installed()).map(({ metadata }) => [
        metadata.name,
        `${metadata.uid} ${metadata.resourceVersion}`,
      ]),
    );
  const put = async (definition: unknown, name: string): Promise<void> => {
    await client.demand("PUT", `${definitionsPath}/${name}`, JSON.stringify(definition));
  };
  const make = async (namespace: string, plural: string, kind: string, object: Json) => {
    const path = `/apis/velero.io/v1/namespaces/${namespace}/${plural}`;
    const whole = { apiVersion: "velero.io/v1", kind, ...object };
    await client.demand("POST", path, JSON.stringify(whole));
    return path;
  };
  const refused = async (pattern: RegExp, ...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await ark.run(...args);
    assert.notEqual(status, 0, stdout);
    assert.match(stderr, pattern);
    return stderr;
  };
  const installOutcomes = async (...flags: readonly string[]): Promise<readonly string[]> => {
    const text = await ark.ok("install", "--crds-only", ...flags);
    return text.split("\n").flatMap((line) => line.match(/^(\S+)\.velero\.io +(.*)$/)?.[2] ?? []);
  };

  it("--dry-run says what would be done; with -o yaml it prints what deploy/crds holds, and asks no cluster", async () => {
    assert.deepEqual(new Set(await installOutcomes("--dry-run")), new Set(["created"]));
    assert.deepEqual(await installed(), []);
    const unreachable = createArk("/nonexistent");
    const text = await unreachable.ok("install", "--crds-only", "--dry-run", "-o", "yaml");
    unreachable.remove();
    const { kind, items } = load(text) as { kind: string; items: Definition[] };
    assert.equal(kind, "List");
    const ours = readDefinitions("deploy/crds/*.yaml");
    assert.deepEqual(new Map(items.map((item) => [item.metadata.name, item])), ours);
  });

  it("a user without the right is told so", async () => {
    await refused(/forbids|forbidden/, "install", "--crds-only", "--as", "nobody");
    assert.deepEqual(await installed(), []);
  });

  it("installs all kinds that are missing (regression 85), served when it ends, and a second time changes nothing", async () => {
    assert.deepEqual(new Set(await installOutcomes()), new Set(["created"]));
    const all = await installed();
    assert.equal(all.length, 13);
    for (const { metadata, spec } of all) {
      const [version] = spec.versions;
      const path = `/apis/velero.io/${version?.name}/${spec.names.plural}`;
      assert.equal((await client.send("GET", path)).status, 200, path);
      assert.ok(!("component" in (metadata.labels ?? {})), metadata.name);
    }
    const before = await marks();
    assert.deepEqual(new Set(await installOutcomes()), new Set(["left alone: it is equal"]));
    const printed = load(await ark.ok("install", "--crds-only", "-o", "yaml")) as {
      items: { metadata: LiveDefinition["metadata"] }[];
    };
    assert.deepEqual(
      new Map(
        printed.items.map(({ metadata }) => [
          metadata.name,
          `${metadata.uid} ${metadata.resourceVersion}`,
        ]),
      ),
      before,
    );
    assert.ok(printed.items.every(({ metadata }) => !("managedFields" in metadata)));
    const names = (await ark.ok("install", "--crds-only", "-o", "name")).trim().split("\n");
    assert.equal(names[0], "customresourcedefinition/backups.velero.io");
    assert.equal(names.length, 13);
    assert.deepEqual(await marks(), before);
  });

  it("the kinds alone make no server: commands go on standalone", async () => {
    const { status, stderr } = await ark.run(
      "backup",
      "create",
      "b",
      "--include-namespaces",
      "velero",
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^standalone: no ark-ts server/m);
  });

  it("velero install puts nothing over them, and velero uninstall would not find them", async () => {
    const before = await marks();
    await velero("install", "--crds-only");
    assert.deepEqual(await marks(), before);
  });

  it("objects outside the namespace keep the kinds, each named with its namespace", async () => {
    const spec = { provider: "aws", objectStorage: { bucket: "b" } };
    const locations = await make("velero", "backupstoragelocations", "BackupStorageLocation", {
      ...{ metadata: { name: "default" }, spec },
    });
    const line = ["uninstall", "--crds-only", "--confirm"];
    const said = await refused(/ARK_KINDS_IN_USE/, ...line);
    assert.match(said, /1 backupstoragelocations\.velero\.io in namespace velero/);
    await refused(/ARK_KINDS_IN_USE/, "uninstall", "--crds-only", "--dry-run");
    assert.equal((await installed()).length, 13);
    await client.demand("DELETE", `${locations}/default`);
  });

  it("a Velero server keeps them, though it has no objects", async () => {
    const labels = { component: "velero" };
    const path = "/apis/apps/v1/namespaces/velero/deployments";
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "velero", labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "velero", image: "example.io/velero:1" }] },
        },
      },
    };
    await client.demand("POST", path, JSON.stringify(deployment));
    const said = await refused(/ARK_KINDS_IN_USE/, "uninstall", "--crds-only", "--confirm");
    assert.match(said, /a Velero server, deployment velero\/velero/);
    await client.demand("DELETE", `${path}/velero`);
  });

  it("a server that is alive keeps its kinds; one that is not does not", async () => {
    const path = "/apis/coordination.k8s.io/v1/namespaces/ark-ts/leases";
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "ark-ts" },
      spec: {
        holderIdentity: "ark-ts-0",
        leaseDurationSeconds: 3600,
        renewTime: new Date().toISOString().replace("Z", "000Z"),
      },
    };
    await client.demand("POST", path, JSON.stringify(lease));
    await refused(
      /server is at work in namespace ark-ts \(ark-ts-0\)/,
      "uninstall",
      "--crds-only",
      "--confirm",
    );
    await client.demand("DELETE", `${path}/ark-ts`);
    assert.equal((await installed()).length, 13);
  });

  it("asks first, says what goes with them, and leaves it at that without an answer", async () => {
    await make("ark-ts", "schedules", "Schedule", {
      ...{ metadata: { name: "nightly" }, spec: { schedule: "@daily", template: {} } },
    });
    const dry = await ark.ok("uninstall", "--crds-only", "--dry-run");
    assert.match(
      dry,
      /would be removed .* in namespace ark-ts: 1 schedules\.velero\.io; what lies/,
    );
    await refused(/add --confirm/, "uninstall", "--crds-only");
    assert.equal((await installed()).length, 13);
  });

  it("removes them with the objects of its namespace; what only a server would take off holds nothing, what others hold is waited for", async () => {
    const restores = await make("ark-ts", "restores", "Restore", {
      metadata: { name: "r", finalizers: [finalizer] },
      spec: { backupName: "b" },
    });
    const backups = await make("ark-ts", "backups", "Backup", {
      metadata: { name: "b", finalizers: ["example.io/hold"] },
      spec: {},
    });
    const uninstalled = ark.run("uninstall", "--crds-only", "--confirm");
    const left = async (): Promise<readonly string[]> =>
      (await installed()).map(({ metadata }) => metadata.name);
    await waitFor("all but the held kind to go", async () => (await left()).length === 1, {
      timeoutMs: 240_000,
    });
    assert.deepEqual(await left(), ["backups.velero.io"]);
    assert.equal(await client.get(`${restores}/r`), undefined);
    await refused(/ARK_DEFINITION_CONFLICT/, "install", "--crds-only");
    const free = '{"metadata":{"finalizers":null}}';
    await client.demand("PATCH", `${backups}/b`, free, "application/merge-patch+json");
    const { status, stdout, stderr } = await uninstalled;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /13 kinds of velero\.io were removed/);
    assert.deepEqual(await installed(), []);
    assert.match(await ark.ok("uninstall", "--crds-only"), /nothing to remove/);
  });

  it("over the kinds that velero has installed (regression 85): equal ones are left alone, and it warns of their label", async () => {
    await velero("install", "--crds-only");
    const before = await marks();
    const { status, stdout, stderr } = await ark.run("install", "--crds-only");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /0 written, 13 left alone/);
    assert.match(stderr, /component=velero: velero uninstall would delete them/);
    assert.match(stderr, /kubectl label crd -l component=velero component-/);
    assert.deepEqual(await marks(), before);
    assert.match(
      await ark.ok("uninstall", "--crds-only", "--dry-run"),
      /which a velero command has installed, would be removed/,
    );
  });

  it("newer ones (regression 85) are left alone, older ones are widened and keep their label, and nothing is lost of either", async () => {
    const backups = await one("backups.velero.io");
    const newer = structuredClone(backups) as unknown as Mutable;
    specOf(newer)["later"] = { type: "string" };
    await put(newer, "backups.velero.io");
    const restores = structuredClone(await one("restores.velero.io")) as unknown as Mutable;
    delete specOf(restores)["uploaderConfig"];
    specOf(restores)["formerly"] = { type: "string" };
    await put(restores, "restores.velero.io");
    const before = await marks();

    const outcomes = await installOutcomes();
    assert.equal(outcomes[0], "left alone: it allows more than ark-ts needs");
    assert.equal(outcomes[1], "widened: it lacked spec.uploaderConfig");
    const after = await marks();
    assert.equal(after.get("backups.velero.io"), before.get("backups.velero.io"));
    const widened = await one("restores.velero.io");
    assert.equal(widened.metadata.labels?.["component"], "velero");

    const path = await make("ark-ts", "restores", "Restore", {
      metadata: { name: "both" },
      spec: { backupName: "b", formerly: "x", uploaderConfig: { writeSparseFiles: true } },
    });
    const { spec } = JSON.parse((await client.demand("GET", `${path}/both`)).toString());
    assert.deepEqual(spec, {
      ...{ backupName: "b", formerly: "x", uploaderConfig: { writeSparseFiles: true } },
    });
    assert.deepEqual(new Set(await installOutcomes("--dry-run")).size, 2, "once is enough");
  });

  it("one whose field is another thing (regression 85) is refused, before anything is written", async () => {
    const schedules = structuredClone(await one("schedules.velero.io")) as unknown as Mutable;
    specOf(schedules)["paused"] = { type: "string" };
    await put(schedules, "schedules.velero.io");
    await client.demand("DELETE", `${definitionsPath}/datauploads.velero.io`);
    await waitFor("it to go", async () => (await installed()).length === 12, {
      timeoutMs: 240_000,
    });
    const said = await refused(/ARK_DEFINITION_CONFLICT/, "install", "--crds-only");
    assert.match(
      said,
      /schedules\.velero\.io: its field spec\.paused is of type string, not boolean/,
    );
    assert.equal((await installed()).length, 12);
  });
});

interface Mutable {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: {
          readonly properties: { readonly spec: { properties: Fields } };
        };
      };
    }[];
  };
}
type Fields = Record<string, object>;

const specOf = ({ spec }: Mutable): Fields =>
  spec.versions[0]!.schema.openAPIV3Schema.properties.spec.properties;
