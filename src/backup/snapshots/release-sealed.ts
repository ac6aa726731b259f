import type { Backup } from "../../api/backup.ts";
import type { Discovery } from "../../ports/cluster.ts";
import { createSnapshotApi, snapshotKinds } from "../../volumes/csi/snapshot-api.ts";
import { releaseRunSnapshots } from "../../volumes/release-snapshots.ts";
import type { BackupPorts } from "../backup-run.ts";

/** What the run of a sealed backup still had in the cluster when it died. Never throws. */
export async function releaseSealed(
  { metadata: { name, uid = "" } }: Backup,
  { kinds }: Discovery,
  { snapshots, store, log }: Pick<BackupPorts, "snapshots" | "store" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const served = snapshotKinds(kinds);
  if (served === undefined || snapshots === undefined || uid === "") return;
  const api = createSnapshotApi(snapshots, served);
  await releaseRunSnapshots({ backup: name, runUid: uid }, { api, store, log }, signal);
}
