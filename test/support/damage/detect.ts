import { verifyBackup } from "../../../src/catalog/verify-backup.ts";
import type { VerifyLevel } from "../../../src/catalog/verify-report.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { runRestore } from "../../../src/restore/run-restore.ts";
import { clock } from "../real-cluster.ts";
import { silentLog } from "../take-backup.ts";
import { keys, name, type SealedBackups } from "./sealed-backups.ts";

const signal = new AbortController().signal;

const owner = { host: "test", bootId: "test", pid: process.pid };

/** Seal and manifest name each other: which of the two was changed cannot always be told. */
const pair = [keys.seal, keys.manifest];

/** Why a mutation counts as missed by verify; undefined when it was found and named. */
export async function whyVerifyMissed(
  store: ObjectStore,
  changedKey: string,
  level: VerifyLevel,
): Promise<string | undefined> {
  const blamed = pair.includes(changedKey) ? pair : [changedKey];
  try {
    const report = await verifyBackup(store, name, { level, signal });
    if (report.ok) return "verify finds no damage";
    return report.damages.some(({ file }) => blamed.includes(keys.folder + file))
      ? undefined
      : `verify blames ${report.damages.map(({ file }) => file).join(", ")}`;
  } catch (thrown) {
    const gone = thrown instanceof ArkError && thrown.code === "ARK_BACKUP_NOT_FOUND";
    return gone && changedKey === keys.seal ? undefined : `verify failed: ${String(thrown)}`;
  }
}

const refusals = ["ARK_BACKUP_DAMAGED", "ARK_BACKUP_FORMAT", "ARK_BACKUP_NOT_FOUND"];

/** Why a mutation counts as missed by restore; undefined when it refused before any write. */
export async function whyRestoreMissed(
  store: ObjectStore,
  { cluster, writes }: SealedBackups,
): Promise<string | undefined> {
  const before = writes();
  try {
    await runRestore(
      { name: "r", isNameGiven: true, typed: true, owner, spec: { backupName: name } },
      { cluster, store, clock, log: silentLog, liveness: () => "unknown" },
      signal,
    );
    return "restore went through";
  } catch (thrown) {
    if (writes() > before) return "restore wrote something before it refused";
    const refused = thrown instanceof ArkError && refusals.includes(thrown.code);
    return refused ? undefined : `restore failed: ${String(thrown)}`;
  }
}
