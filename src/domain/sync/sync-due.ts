import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { goDurationMs } from "../../lib/go-duration.ts";

/** A bucket is listed at most so often, whatever is asked. */
const leastPeriodMs = 1_000;

/** Milliseconds until a location is to be looked at, 0 when it is due; undefined: not at all. */
export function syncDueInMs(
  { spec, status }: Pick<BackupStorageLocation, "spec" | "status">,
  defaultPeriodMs: number,
  now: Date,
): number | undefined {
  const periodMs = syncPeriodMs(spec.backupSyncPeriod, defaultPeriodMs);
  if (periodMs === undefined || status?.phase !== "Available") return undefined;
  const lastMs = Date.parse(status.lastSyncedTime ?? "");
  // A time that has not come yet was written by a clock that was wrong.
  if (Number.isNaN(lastMs) || lastMs > now.getTime() + periodMs) return 0;
  return Math.max(0, lastMs + periodMs - now.getTime());
}

/** As Velero: 0 is never, what is negative or no duration is the server's own period. */
function syncPeriodMs(
  asked: string | null | undefined,
  defaultPeriodMs: number,
): number | undefined {
  const askedMs = goDurationMs(asked ?? "");
  const periodMs = askedMs === undefined || askedMs < 0 ? defaultPeriodMs : askedMs;
  return periodMs <= 0 ? undefined : Math.max(periodMs, leastPeriodMs);
}
