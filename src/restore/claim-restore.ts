import type { Restore } from "../api/restore.ts";
import { claimName, lastRecord, type NameClaim } from "../catalog/name-claim.ts";
import type { NameRecord } from "../catalog/name-record.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import {
  recordedRestoreNames,
  restoreRecordIfReadable,
  restoreRecords,
} from "../catalog/restore-records.ts";
import { type ArkError, toArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { restoreNames, restoreRequestDigest } from "./restore-names.ts";
import type { RestorePorts, RestoreRequest } from "./restore-request.ts";
import { checkRestoreName } from "./write-report.ts";

export type RestoreClaim =
  | {
      readonly state: "claimed";
      /** The request's, or that of the interrupted restore that is continued. */
      readonly name: string;
      readonly claim: NameClaim;
      /** Where the run keeps its journal. */
      readonly journalStore: ObjectStore;
    }
  /** Neither the location nor another place takes records: the run cannot be continued. */
  | { readonly state: "unclaimed"; readonly why: ArkError; readonly runUid: string }
  /** A process that died had ended the restore, but not tidied up. */
  | { readonly state: "done"; readonly restore: Restore };

/**
 * Claims the restore's name. Without a name of the user's own an interrupted restore of the same
 * backup, settings and cluster is taken up under its name. Errors: ARK_NAME_TAKEN,
 * ARK_NAME_IN_USE, ARK_BACKUP_DAMAGED.
 */
export async function claimRestore(
  request: RestoreRequest,
  ports: RestorePorts,
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<RestoreClaim> {
  const wanted = await wantedRecord(request, ports, backup, signal);
  const places = [ports.store, ...(ports.journalStore === undefined ? [] : [ports.journalStore])];
  const found = await findInterrupted(request, wanted, places, signal);
  const name = found?.name ?? request.name;
  if (found === undefined) await checkRestoreName(ports.store, name, signal);
  const scope = restoreNames(ports.store);
  let why: ArkError | undefined;
  for (const store of found === undefined ? places : [found.store]) {
    try {
      const claimPorts = { store, clock: ports.clock, liveness: ports.liveness };
      const claimed = await claimName({ scope, name, wanted }, claimPorts, signal);
      if (claimed.state === "done") {
        // It may have told its end long ago, and what it restored be gone again by now.
        if (!request.isNameGiven) return await claimRestore(request, ports, backup, signal);
        return { state: "done", restore: claimed.done };
      }
      return { state: "claimed", name, claim: claimed.claim, journalStore: store };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (found !== undefined || /^ARK_(?:NAME|BACKUP)_/.test(error.code)) throw error;
      why ??= error;
    }
  }
  // Its record may stand all the same: with the uid of the run, it can be told from another's.
  return { state: "unclaimed", why: why as ArkError, runUid: wanted.runUid };
}

async function wantedRecord(
  request: RestoreRequest,
  { clock, cluster }: RestorePorts,
  backup: OpenedBackup,
  signal: AbortSignal,
): Promise<NameRecord> {
  const backupUid = backup.backup.metadata.uid;
  return {
    owner: request.owner,
    runUid: clock.uuid(),
    clusterId: (await cluster.identity({ signal })).id,
    spec: request.spec,
    requestSha256: restoreRequestDigest(request),
    ...(backupUid === undefined ? {} : { backupUid }),
    startedAt: clock.now().toISOString(),
  };
}

interface Interrupted {
  readonly name: string;
  readonly store: ObjectStore;
  readonly record: NameRecord;
}

/** Of several the one begun last; of a given name the one that has it. */
async function findInterrupted(
  request: RestoreRequest,
  wanted: NameRecord,
  places: readonly ObjectStore[],
  signal: AbortSignal,
): Promise<Interrupted | undefined> {
  let found: Interrupted | undefined;
  for (const store of places) {
    if (request.isNameGiven) {
      const last = await lastRecord(restoreRecords, request.name, store, signal);
      if (last !== undefined) return { name: request.name, store, record: last.record };
      continue;
    }
    for (const name of await recordedRestoreNames(store, signal)) {
      const record = await restoreRecordIfReadable(store, name, signal);
      if (record === undefined || !isSameRun(record, wanted)) continue;
      if (found === undefined || record.startedAt > found.record.startedAt) {
        found = { name, store, record };
      }
    }
  }
  return found;
}

function isSameRun(found: NameRecord, wanted: NameRecord): boolean {
  return (
    found.clusterId === wanted.clusterId &&
    found.backupUid === wanted.backupUid &&
    found.requestSha256 === wanted.requestSha256 &&
    sortedText(found.spec) === sortedText(wanted.spec)
  );
}

function sortedText(spec: object): string {
  const entries = Object.entries(spec).filter(([, value]) => value !== undefined);
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
