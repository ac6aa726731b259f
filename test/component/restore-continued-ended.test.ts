/** Whatever ends a run that goes on with an interrupted one, the records of that one stay. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKeys } from "../../src/format/keys.ts";
import { decodeManifest } from "../../src/format/manifest-codec.ts";
import { type ArkError, toArkError } from "../../src/lib/errors.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { idle, make, recreate, shop } from "./changed-world.ts";
import { createRestoreWorld, type Plain, plain, type RestoreWorld } from "./restore-world.ts";

const objects = 60;
const asBackedUp = (i: number): Plain =>
  plain("v1", "ConfigMap", `shop/c${i}`, { data: { key: "backup" } });
const all = Array.from({ length: objects }, (_, i) => asBackedUp(i));
const update = { existingResourcePolicy: "update" } as const;

/** A restore that was to patch all and was cut off after a third. */
async function interrupted(): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp([shop, ...all]);
  await make(world, shop);
  for (const one of all) await make(world, { ...one, data: { key: "live" } });
  let patches = 0;
  world.server.faults = ({ method }) => {
    if (method === "PATCH") patches += 1;
    return patches > objects / 3 ? { cutAfterBytes: 0 } : undefined;
  };
  await assert.rejects(world.restore(update, { limits: { writers: 4 } }), {
    code: "ARK_API_UNREACHABLE",
  });
  world.server.faults = undefined;
  return world;
}

async function endOf(world: RestoreWorld, signal?: AbortSignal): Promise<ArkError> {
  let found: unknown;
  await world.restore(update, {}, signal).catch((thrown: unknown) => {
    found = thrown;
  });
  assert.notEqual(found, undefined, "the restore ended well");
  return toArkError(found);
}

const patched = async (world: RestoreWorld): Promise<number> => {
  const each = await Promise.all(all.map((_, i) => world.live("configmaps", `shop/c${i}`)));
  return each.filter((one) => (one as { data?: { key?: string } }).data?.key === "backup").length;
};

async function goesOnAndIsUndone(world: RestoreWorld): Promise<void> {
  assert.ok((await patched(world)) > 0);
  const report = await world.restore(update);
  assert.ok((report.continued?.objects ?? 0) > 0, "nothing is known of what was done before");
  assert.equal(await patched(world), objects);
  const { cluster, store, clock } = world;
  const ports = { cluster, store, clock, log: { write: () => {} } };
  const undone = await undoRestore({ restore: "r1" }, ports, idle);
  assert.equal(undone.phase, "Completed", JSON.stringify(undone.outcomes));
  assert.equal(await patched(world), 0);
}

describe("a restore that is continued and ends before it goes on", () => {
  it("by a cancel, stays as it was", async () => {
    const world = await interrupted();
    const stop = new AbortController();
    world.server.faults = ({ path }) => {
      if (path.startsWith("/apis")) stop.abort();
      return undefined;
    };
    const error = await endOf(world, stop.signal);
    assert.ok(stop.signal.aborted, error.message);
    world.server.faults = undefined;
    await goesOnAndIsUndone(world);
  });

  it("by a backup that was damaged since, stays as it was", async () => {
    const world = await interrupted();
    const keys = backupKeys("b1");
    const archive = world.store.bytes(keys.archive);
    const whole = Buffer.from(archive);
    const { members } = decodeManifest(world.store.bytes(keys.manifest), "b1").archive;
    const last = members.filter(({ resource }) => resource === "configmaps").at(-1)!;
    archive.fill(0xff, last.offset, last.offset + last.sizeBytes);
    const { code, message, advice } = await endOf(world);
    assert.equal(code, "ARK_BACKUP_DAMAGED");
    assert.match(message, /^restore "r1" stopped before it went on: .*nothing was restored now$/);
    assert.match(advice ?? "", /run the same command again/);
    whole.copy(archive);
    await goesOnAndIsUndone(world);
  });

  it("by an API server that refuses it, stays as it was", async () => {
    const world = await interrupted();
    world.server.faults = ({ path }) => (path.startsWith("/apis") ? { status: 403 } : undefined);
    await endOf(world);
    world.server.faults = undefined;
    await goesOnAndIsUndone(world);
  });
});

describe("an object that was edited after a restore was cut off", () => {
  it("and that it had meant to delete, is undone to what it was edited to", async () => {
    const world = createRestoreWorld();
    await world.backUp([shop, asBackedUp(0)]);
    await make(world, shop);
    await make(world, { ...asBackedUp(0), data: { key: "live" } });
    let isAway = false;
    world.server.faults = ({ method }) => {
      isAway ||= method === "DELETE";
      return isAway ? { status: 401 } : undefined;
    };
    await assert.rejects(world.restore({}, recreate), { code: "ARK_API_UNAUTHORIZED" });
    world.server.faults = undefined;
    await edit(world, "edited");
    const report = await world.restore({}, recreate);
    assert.equal(report.recreated, 1);
    const { cluster, store, clock } = world;
    const ports = { cluster, store, clock, log: { write: () => {} } };
    await undoRestore({ restore: "r1" }, ports, idle);
    const live = (await world.live("configmaps", "shop/c0")) as { data?: { key?: string } };
    assert.equal(live.data?.key, "edited");
  });
});

async function edit(world: RestoreWorld, key: string): Promise<void> {
  const { kinds } = await world.cluster.discover({ signal: idle });
  const kind = kinds.find(({ resource, group }) => resource === "configmaps" && group === "")!;
  const ref = { kind, namespace: "shop", name: "c0" };
  const body = Buffer.from(JSON.stringify({ data: { key } }));
  await world.cluster.patch(ref, "merge", body, { fieldManager: "kubectl", signal: idle });
}
