/** A backup compared with a cluster that refuses, changes and holds strangers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diffBackup } from "../../src/catalog/diff/diff-backup.ts";
import { openBackup } from "../../src/catalog/open-backup.ts";
import { diffRequestOf } from "../../src/cli/diff-request.ts";
import { createFlagValues } from "../../src/cli/flag-values.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const { signal } = new AbortController();
const configMap = (place: string, rest: object = {}) =>
  plain("v1", "ConfigMap", place, { data: { key: "old" }, ...rest });

async function compared(world: RestoreWorld, maxObjects = 100) {
  const backup = await openBackup(world.store, "b1", { signal });
  const flags = createFlagValues(new Map());
  const other = { cluster: world.cluster };
  const request = await diffRequestOf(
    { backup, other, flags, object: undefined, maxObjects },
    signal,
  );
  return await diffBackup(request, signal);
}

describe("diffBackup()", () => {
  it("tells a kind that may not be listed, and nothing of its objects", async () => {
    const world = createRestoreWorld();
    const secret = plain("v1", "Secret", "shop/s", { data: { k: "cGxhbnRlZA==" } });
    await world.backUp([configMap("shop/a"), secret]);
    world.server.seed(namespaceNamed("shop") as never);
    world.server.faults = ({ path }) => (path.endsWith("/secrets") ? { status: 403 } : undefined);
    const { removed, objects, unread } = await compared(world);
    assert.deepEqual([...unread.keys()], ["secrets"]);
    assert.equal(removed, 1);
    assert.deepEqual(objects, [
      { resource: "configmaps", namespace: "shop", name: "a", change: "removed" },
    ]);
  });

  it("tells the fields of what changed, and takes noise for equal", async () => {
    const world = createRestoreWorld();
    const names = Array.from({ length: 20 }, (_, i) => `shop/c${i}`);
    await world.backUp(names.map((name) => configMap(name)));
    for (const name of names) {
      const applied = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
      const noisy = name === "shop/c3" ? { metadata: { annotations: applied } } : {};
      const changed = name === "shop/c4" ? { data: { key: "new" } } : {};
      world.server.seed(configMap(name, { ...noisy, ...changed }) as never);
    }
    const { unchanged, changed, objects } = await compared(world);
    assert.deepEqual([unchanged, changed], [19, 1]);
    assert.deepEqual(objects, [
      {
        resource: "configmaps",
        namespace: "shop",
        name: "c4",
        change: "changed",
        fields: [{ path: "data.key", change: "changed", before: "old", after: "new" }],
      },
    ]);
  });

  it("counts what it does not tell, and passes over what a backup leaves out", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a")]);
    world.server.seed(configMap("shop/a") as never);
    const labels = { "velero.io/exclude-from-backup": "true" };
    world.server.seed(configMap("shop/hidden", { metadata: { labels } }) as never);
    for (const name of ["n1", "n2", "n3"]) world.server.seed(configMap(`shop/${name}`) as never);
    const { added, objects } = await compared(world, 2);
    assert.equal(added, 3);
    assert.equal(objects.length, 2);
  });
});
