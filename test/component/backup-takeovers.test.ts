/** A leader that is lost at each write of a Backup's run, to the bucket and to the resource. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupPhases } from "../../src/api/backup-phases.ts";
import { isTerminal } from "../../src/api/phase-table.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";

/** After so long without a sign of life anybody may go on; virtual time runs ahead of gzip. */
const silenceMs = 180_000;

const signal = new AbortController().signal;
const writes: ReadonlySet<string> = new Set([
  ...["put", "remove", "startUpload", "putPart", "complete", "abort"],
]);

async function createWorld(): Promise<ControllerWorld> {
  const world = await createControllerWorld();
  world.server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  for (let at = 0; at < 4; at += 1) {
    const metadata = { name: `c${at}`, namespace: "shop" };
    world.server.seed({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { at: `${at}` } });
  }
  await world.location("default");
  return world;
}

/** Loses the term at the nth write, from 1; answers how many there were. */
async function runLosingAt(
  nth: number,
): Promise<{ readonly count: number; readonly lost: boolean }> {
  const world = await createWorld();
  const store = world.store("default");
  let count = 0;
  let lost = false;
  const wrote = (): void => {
    count += 1;
    if (count !== nth) return;
    lost = true;
    world.loseTerm();
  };
  store.faults.add(({ operation }) => {
    if (writes.has(operation)) wrote();
    return undefined;
  });
  let phase = "";
  world.context.caches.backups.onChange(({ after }) => {
    const now = after?.status?.phase ?? "";
    if (now !== phase) wrote();
    phase = now;
  });
  await world.start(createBackupController);
  const made = await world.create(backupKind, "b1", { spec: { includedNamespaces: ["shop"] } });
  const isOver = async (one: ControllerWorld) => {
    const backup = await one.demand(backupKind, "b1");
    return isTerminal(backupPhases, backup.status?.phase) && backup;
  };
  await world.until(
    "it is over, or the leader",
    async () => lost || (await isOver(world)) !== false,
  );
  await world.stop().catch(() => undefined);
  store.faults.clear();
  const next = lost ? await world.nextTerm() : world;
  if (lost) await next.start(createBackupController);
  const startMs = next.clock.monotonicMs();
  const { metadata, status } = await next.until(
    "it is over",
    async () => (await isOver(next)) || undefined,
  );
  const where = `lost at write ${nth}`;
  assert.equal(status?.phase, "Completed", `${where}: ${status?.failureReason}`);
  assert.equal(status?.failureReason, undefined, where);
  assert.ok(next.clock.monotonicMs() - startMs < silenceMs, where);
  const seal = JSON.parse(Buffer.from(store.bytes("backups/b1/velero-backup.json")).toString());
  assert.equal(seal.metadata.uid, made.metadata.uid, where);
  assert.equal(metadata.uid, made.metadata.uid, where);
  assert.deepEqual(seal.status, status, where);
  const { damages } = await verifyBackup(store, "b1", { level: "objects", signal });
  assert.deepEqual(damages, [], where);
  await next.clock.advance(0);
  if (lost) await next.stop();
  const left = store.keys().filter((key) => key.startsWith("metadata/"));
  assert.deepEqual(left, [], where);
  assert.deepEqual(store.openUploads(), [], where);
  return { count, lost };
}

describe("31, 32, 34: a Backup whose leader is lost", () => {
  it("at any of its writes is completed once by the next one, as the same run", async (t) => {
    const { count } = await runLosingAt(0);
    assert.ok(count > 15, `${count}`);
    let taken = 0;
    for (let nth = 1; nth <= count; nth += 1) if ((await runLosingAt(nth)).lost) taken += 1;
    t.diagnostic(`figures: ${taken} of ${count} taken over`);
    assert.ok(taken >= count - 2);
  });
});
