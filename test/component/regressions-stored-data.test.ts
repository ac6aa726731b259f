import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { backupRequest, takeBackup } from "../support/take-backup.ts";
import { storeVeleroBackup } from "../support/velero-backup.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b1");

const writers = {
  "ark-ts": (world: RestoreWorld) => world.backUp([plain("v1", "ConfigMap", "shop/a")]),
  Velero: ({ store }: RestoreWorld) => storeVeleroBackup(store, { name: "b1" }),
};

/** Lists of what a backup owns: where one cannot be read, deleting asks for a clear word. */
const ownership = [
  keys.volumeSnapshots,
  keys.podVolumeBackups,
  keys.csiVolumeSnapshots,
  keys.csiVolumeSnapshotContents,
  keys.volumeInfo,
];

describe("regression 21: a truncated or missing archive, metadata or log", () => {
  for (const [writer, backUp] of Object.entries(writers)) {
    for (const [what, harm] of [
      ["missing", undefined],
      ["cut in half", (bytes: Uint8Array) => bytes.slice(0, bytes.length >> 1)],
      ["empty", () => new Uint8Array(0)],
    ] as const) {
      it(`of a backup by ${writer}, ${what}, is a clear error, and the backup can be deleted`, async () => {
        const sound = createRestoreWorld();
        await backUp(sound);
        for (const key of sound.store.keys()) {
          const world = createRestoreWorld();
          await backUp(world);
          const { store } = world;
          if (harm === undefined) await store.remove(key, { signal });
          else await store.put(key, harm(store.bytes(key)), { signal });
          await assertClear(world, key, writer);
          const report = await deleteBackup(store, "b1", {
            signal,
            metadataOnly: harm !== undefined && ownership.includes(key),
          });
          assert.ok(report.removedKeys.length > 0, key);
          assert.deepEqual(
            store.keys().filter((left) => left.startsWith(keys.folder)),
            [],
            key,
          );
        }
      });
    }
  }
});

/** Verify names the file; restore, where it needs the file, says which backup is the matter. */
async function assertClear(world: RestoreWorld, key: string, writer: string): Promise<void> {
  const file = key.slice(keys.folder.length);
  if (key === keys.seal) {
    await assert.rejects(world.restore(), isClear, key);
    return;
  }
  const report = await verifyBackup(world.store, "b1", { level: "objects", signal });
  const missing = !world.store.keys().includes(key);
  // Velero's side files may be missing; which of them there are depends on its version.
  if (writer === "ark-ts" || !missing || key === keys.archive) {
    assert.ok(
      report.damages.some((damage) => damage.file === file),
      `verify names ${file}`,
    );
  }
  if (writer === "ark-ts" || key === keys.archive) {
    await assert.rejects(world.restore(), isClear, key);
    assert.deepEqual(
      world.seen.filter(({ method }) => method !== "GET"),
      [],
      key,
    );
  } else {
    assert.ok((await world.restore()).created > 0, `${file} is not needed to restore`);
  }
}

function isClear(thrown: unknown): boolean {
  assert.ok(thrown instanceof ArkError, String(thrown));
  assert.match(thrown.code, /^ARK_(BACKUP_(DAMAGED|FORMAT|NOT_FOUND)|ARCHIVE_INVALID)$/);
  assert.match(thrown.message + (thrown.answer ?? ""), /b1/);
  return true;
}

function assertNothingWrong({ created, failed, findings }: RestoreReport): void {
  assert.deepEqual([created, failed], [0, 0]);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === "error"),
    [],
  );
}

describe("regression 22: an empty backup restores as success with zero items", () => {
  it("when ark-ts took it of what does not exist", async () => {
    const world = createRestoreWorld();
    await takeBackup(
      world.cluster,
      world.store,
      backupRequest("b1", { includedResources: ["podtemplates"] }),
    );
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "Completed");
    assertNothingWrong(report);
    assert.equal((await verifyBackup(world.store, "b1", { level: "objects", signal })).ok, true);
  });

  it("when Velero took it", async () => {
    const world = createRestoreWorld();
    const entries = [{ name: "metadata/version", body: "1.1.0\n" }];
    await storeVeleroBackup(world.store, { name: "b1", entries });
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "Completed");
    assertNothingWrong(report);
  });
});
