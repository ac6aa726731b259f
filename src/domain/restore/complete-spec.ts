import type { BackupStatus } from "../../api/backup.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { neverRestored } from "./rule-table.ts";

/** What the server fills into the spec of a Restore, where Velero's clients look for it. */
export interface SpecCompletion {
  /** Undefined: it is not known which; the rest is filled in all the same. */
  readonly backupName: string | undefined;
  /** The schedule that the backup is of, by its label. */
  readonly scheduleName: string | undefined;
  /** Of Restores that name none, as a Go duration. */
  readonly itemOperationTimeout: string;
}

/** The spec as it stands once the restore has begun (contract: velero-features 4.1). */
export function completeSpec(spec: RestoreSpec, given: SpecCompletion): RestoreSpec {
  const excluded = spec.excludedResources ?? [];
  const { scheduleName = given.scheduleName } = spec;
  return {
    ...spec,
    ...(given.backupName === undefined ? {} : { backupName: given.backupName }),
    ...(scheduleName === undefined ? {} : { scheduleName }),
    excludedResources: [...excluded, ...neverRestored.filter((term) => !excluded.includes(term))],
    itemOperationTimeout: isUnset(spec.itemOperationTimeout)
      ? given.itemOperationTimeout
      : (spec.itemOperationTimeout as string),
  };
}

/** The engine's own, which it need not be told. */
const usualTimeout = "4h0m0s";

/**
 * What the engine is to do of such a spec: what is never restored needs no exclusion, and would be
 * a warning where the backup holds none of it.
 */
export function specToRun(spec: RestoreSpec): RestoreSpec {
  const { scheduleName: _, excludedResources = [], itemOperationTimeout: timeout, ...rest } = spec;
  const excluded = excludedResources.filter((term) => !neverRestored.includes(term));
  return {
    ...rest,
    ...(excluded.length === 0 ? {} : { excludedResources: excluded }),
    ...(timeout === undefined || timeout === usualTimeout ? {} : { itemOperationTimeout: timeout }),
  };
}

interface Dated {
  readonly status?: Partial<Pick<BackupStatus, "phase" | "startTimestamp">>;
}

/** Velero takes only completed ones; the one that began last (velero-features, trap 25). */
export function newestCompleted<Told extends Dated>(backups: Iterable<Told>): Told | undefined {
  let newest: Told | undefined;
  for (const backup of backups) {
    if (backup.status?.phase !== "Completed") continue;
    if (newest === undefined || startOf(backup) > startOf(newest)) newest = backup;
  }
  return newest;
}

function startOf({ status }: Dated): number {
  return Date.parse(status?.startTimestamp ?? "") || 0;
}

function isUnset(duration: string | undefined): boolean {
  return duration === undefined || /^(?:0[a-zµ]*)*$/.test(duration);
}
