import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createNamespace } from "../support/new-namespace.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";

const namespace = uniqueNamespace("prune");
const core = `/api/v1/namespaces/${namespace}`;

describe("ark-ts restore with --prune on a real API server", {
  skip: await whyNoTestbed(),
}, () => {
  let client: KubeClient;
  let ark: Ark;
  const flags = ["--from-backup", "b", "--prune"];

  const make = (plural: string, name: string, rest: object = {}) =>
    client.demand("POST", `${core}/${plural}`, JSON.stringify({ metadata: { name }, ...rest }));
  const isThere = async (plural: string, name: string): Promise<boolean> =>
    (await client.get(`${core}/${plural}/${name}`)) !== undefined;

  before(async () => {
    const { kubeconfig } = await sharedControlPlane();
    client = connectKube(kubeconfig);
    ark = createArk(kubeconfig);
    await createNamespace(client, namespace);
    await make("configmaps", "kept", { data: { a: "1" } });
    await ark.ok("backup", "create", "b", "--include-namespaces", namespace);
    await make("configmaps", "stranger", { data: { a: "2" } });
    await make("secrets", "stranger", { data: { k: "dmFsdWU=" } });
    await make("persistentvolumeclaims", "data", {
      spec: {
        ...{ accessModes: ["ReadWriteOnce"], storageClassName: "none" },
        resources: { requests: { storage: "1Gi" } },
      },
    });
  });
  after(async () => {
    await client?.demand("DELETE", `/api/v1/namespaces/${namespace}`).catch(() => {});
    ark?.remove();
    await client?.close();
  });

  it("is refused without a plan, with the command that makes one", async () => {
    const { status, stderr } = await ark.run("restore", "create", "r1", ...flags);
    assert.equal(status, 2);
    assert.match(stderr, /ark-ts restore plan .*--prune/);
    assert.ok(await isThere("configmaps", "stranger"));
  });

  it("removes what the plan names and nothing else, and undo brings it back", async () => {
    const plan = await ark.ok("restore", "plan", ...flags);
    assert.match(plan, /delete 2 /);
    assert.match(plan, /delete +ConfigMap \S+\/stranger +it is not in the backup/);
    assert.doesNotMatch(plan, /delete +(?:PersistentVolumeClaim|ServiceAccount)/);
    const id = /--plan (\w+)\n/.exec(plan)?.[1] ?? "";
    await make("configmaps", "younger");
    const drifted = await ark.run("restore", "create", "r1", "--plan", id);
    assert.match(drifted.stderr, /younger": it is neither in the backup nor in the plan/);
    assert.ok(await isThere("configmaps", "stranger"));
    const done = await ark.ok("restore", "create", "r1", "--plan", id, "--allow-drift");
    assert.match(done, /deleted 2 /);
    const left = await Promise.all([
      ...["kept", "stranger", "younger"].map((name) => isThere("configmaps", name)),
      isThere("secrets", "stranger"),
      isThere("persistentvolumeclaims", "data"),
    ]);
    assert.deepEqual(left, [true, false, true, false, true]);
    await ark.ok("restore", "undo", "r1", "--confirm");
    assert.ok(await isThere("configmaps", "stranger"));
    assert.ok(await isThere("secrets", "stranger"));
  });
});
