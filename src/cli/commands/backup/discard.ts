import { describeOwner } from "../../../catalog/name-claim.ts";
import { formatReference } from "../../../domain/references/item-reference.ts";
import { backupKeys } from "../../../format/keys.ts";
import { ArkError, toArkError } from "../../../lib/errors.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { openCluster } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { deletedText } from "../../render/deleted-text.ts";
import { livenessCheck } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { lateSnapshotLocations } from "../../snapshot-locations.ts";

/** Removes what a dead or failed run left; never a backup that exists. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, environment } = invocation;
    const { signal } = session;
    const name = args[0] ?? "";
    const { seal } = backupKeys(name);
    const { store } = await openChosenLocation(session, "write-store");
    if ((await store.head(seal, { signal })) !== undefined) {
      throw new ArkError("ARK_NAME_TAKEN", `backup "${name}" exists; there is nothing to discard`, {
        advice: `to delete it: ark-ts backup delete ${name}`,
      });
    }
    const { hasLostSeal, lostSeal } = await import("../../../catalog/open-backup.ts");
    if (await hasLostSeal(store, name, signal)) throw lostSeal(name);
    const { readUnsealed } = await import("../../../catalog/unsealed-backup.ts");
    const left = await readUnsealed(store, name, { signal, liveness: await livenessCheck() });
    if (left === undefined) {
      throw new ArkError("ARK_BACKUP_NOT_FOUND", `nothing is left of a backup "${name}" here`, {
        advice: "see what is there with: ark-ts backup get",
      });
    }
    const { record } = left;
    const who = record && describeOwner(record.owner);
    if (left.outcome === "running") {
      throw new ArkError("ARK_NAME_IN_USE", `backup "${name}" is being written by ${who}`, {
        advice: "wait for it, or stop it with Ctrl-C",
      });
    }
    const question =
      record === undefined
        ? `Remove what a failed run left under the name ${name}?`
        : `Remove what the run of ${who}, begun ${record.startedAt}, left under the name ${name}? If it is alive it will fail.`;
    if (!(await confirmed(session, question))) return exitStatus.failed;
    await discardNativesOf(session, store, name, record?.runUid);
    const { deleteBackup } = await import("../../../catalog/delete-backup.ts");
    if (record !== undefined) await discardSnapshots(session, record.runUid);
    const how = { signal, evenIfOwned: true, snapshotsGone: true, nativesGone: true };
    const deleted = await deleteBackup(store, name, how);
    if (record !== undefined) await tellOpenOperations(session, store, record.runUid);
    const { discardRun } = await import("../../../backup/discard-run.ts");
    await discardRun(store, name, record?.runUid, signal);
    environment.stdout.write(deletedText(deleted));
    const { listThaws } = await import("../../../catalog/thaw-records.ts");
    const { thaws } = await listThaws(store, signal, name);
    if (thaws.length > 0) {
      session.note(`its pods may be frozen still; to thaw them: ark-ts backup thaw ${name}`);
    }
    return exitStatus.done;
  });
}

/** By the plugins of this command; what nobody knows of is said. */
async function discardNativesOf(
  session: Session,
  store: ObjectStore,
  name: string,
  runUid: string | undefined,
): Promise<void> {
  const { discardNatives } = await import("../../../backup/native/discard-natives.ts");
  const { clock, signal, note } = session;
  const locations = lateSnapshotLocations(session);
  const { prepareNatives } = await import("../../../volumes/native/prepare-natives.ts");
  // A run that was nearly done has a list of them, too.
  const removeListed = await prepareNatives(name, { store, locations, clock }, signal);
  if (runUid === undefined) {
    await removeListed();
    return;
  }
  for (const step of await discardNatives(runUid, { store, clock, locations }, signal)) {
    const { volume, location } = step;
    note(
      `a snapshot of volume ${volume} was asked for in volume snapshot location "${location}", and whether it was made is not known: look for it at the provider by its tags velero.io/backup=${name} velero.io/pv=${volume}`,
    );
  }
  await removeListed();
}

/** In the cluster of this command, where one answers. */
async function discardSnapshots(session: Session, runUid: string): Promise<void> {
  const { signal, clock, log, note } = session;
  const { createSnapshotApi, snapshotKinds } = await import("../../../volumes/csi/snapshot-api.ts");
  const { discardRunSnapshots } = await import("../../../volumes/discard-snapshots.ts");
  const byHand = `if its run took CSI snapshots, see kubectl get volumesnapshots -A -l ark-ts.dev/run-uid=${runUid}`;
  try {
    const { cluster } = await openCluster(session);
    const kinds = snapshotKinds((await cluster.discover({ signal })).kinds);
    if (kinds === undefined) return;
    const api = createSnapshotApi(cluster, kinds);
    if ((await discardRunSnapshots(runUid, { api, clock, log }, signal)) > 0) note(byHand);
  } catch (thrown) {
    signal.throwIfAborted();
    note(`the cluster does not answer (${toArkError(thrown).message}); ${byHand}`);
  }
}

/** They go on, and no record of them is left. */
async function tellOpenOperations(
  { note, signal }: Session,
  store: ObjectStore,
  runUid: string,
): Promise<void> {
  const { listOpenOperations } = await import("../../../operations/open-operations.ts");
  try {
    for (const { action, item, operationId } of await listOpenOperations(store, runUid, signal)) {
      note(
        `operation ${operationId} of action ${action} on ${formatReference(item)} was begun and is not cancelled: see to its end where it runs`,
      );
    }
  } catch (thrown) {
    const { code, message } = toArkError(thrown);
    if (code !== "ARK_BACKUP_DAMAGED") throw thrown;
    note(message);
  }
}
