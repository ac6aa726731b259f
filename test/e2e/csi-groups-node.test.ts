/** Volume groups on a real node: one cut by the driver, restored volume by volume, deleted whole. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type CsiClaims, createCsiClaims } from "../support/csi-claims.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";

const standalone = ["--mode", "standalone"] as const;

describe("volume groups on a real node", { skip: await whyNoSharedNode() }, () => {
  const namespace = uniqueNamespace("groups");
  const copies = [`${namespace}-one`, `${namespace}-two`];
  let node: NodeAccess;
  let claims: CsiClaims;
  let ark: Ark;

  before(async () => {
    node = await sharedNode();
    claims = await createCsiClaims(node, namespace);
    ark = createArk(node.controlPlane.kubeconfig);
  });
  after(async () => {
    await claims?.remove(...copies);
    ark?.remove();
  });

  const backUp = (name: string): Promise<string> =>
    ark.ok("backup", "create", name, "--include-namespaces", namespace, ...standalone);

  /** Backs up two claims of a group, restores them elsewhere and deletes the backup. */
  async function wholeLife(group: string, groupClass: string | undefined, copy: string) {
    const traits = { group, ...(groupClass === undefined ? {} : { groupClass }) };
    const names = [`${group}-data`, `${group}-log`];
    const volumes: string[] = [];
    for (const name of names) volumes.push(await claims.create(name, traits));
    const backup = `${namespace}-${group}`;
    await backUp(backup);

    const [cut, ...more] = claims.groups(...volumes);
    assert.equal(more.length, 0, "the driver was asked for one group");
    const members = volumes.map((volume) => claims.snapshots(volume));
    assert.deepEqual(
      members.map(({ length }) => length),
      [1, 1],
      "each volume has one snapshot",
    );
    assert.deepEqual([...(cut?.members ?? [])].sort(), members.map(([one]) => one?.id).sort());
    assert.deepEqual(await claims.objectsLeft(), [], "nothing of it is left in the cluster");

    await ark.ok(
      ...["restore", "create", `${backup}-back`, "--from-backup", backup, ...standalone],
      ...["--namespace-mappings", `${namespace}:${copy}`],
    );
    for (const [index, name] of names.entries()) {
      const volume = await claims.volumeOf(name, copy);
      assert.equal(claims.hash(volume ?? ""), claims.hash(volumes[index] ?? ""), name);
    }
    assert.deepEqual(await claims.objectsLeft(copy), [], "nothing is left of the restore");

    await ark.ok("backup", "delete", backup, "--confirm", ...standalone);
    assert.deepEqual(claims.groups(...volumes), [], "the storage has deleted the group");
    assert.deepEqual(
      volumes.flatMap((volume) => claims.snapshots(volume)),
      [],
    );
    for (const name of names) {
      await node.kubectl("delete", "pvc", name, "-n", namespace, "--timeout=120s");
    }
  }

  it("are one cut of the storage, and come back volume by volume", async () => {
    await wholeLife("db", undefined, copies[0] ?? "");
  });

  it("come back and go where the storage keeps snapshots only with their group", async () => {
    const groupClass = await claims.groupClass("bound", { members: "bound" });
    await wholeLife("bound", groupClass, copies[1] ?? "");
  });
});
