import type { BackupStorageLocation } from "../api/backup-storage-location.ts";
import { goDurationMs } from "../lib/go-duration.ts";

/**
 * Milliseconds until the location is to be checked again by the clock alone, 0 when it is due;
 * undefined: never. A frequency that is no duration, or less than nothing, counts as not given.
 */
export function dueInMs(
  { spec, status }: BackupStorageLocation,
  defaultFrequencyMs: number,
  now: Date,
): number | undefined {
  const own = goDurationMs(spec.validationFrequency ?? "");
  const frequencyMs = own === undefined || own < 0 ? defaultFrequencyMs : own;
  if (frequencyMs === 0) return undefined;
  const lastMs = Date.parse(status?.lastValidationTime ?? "");
  // A time to come was written by another clock.
  if (Number.isNaN(lastMs) || lastMs > now.getTime() + frequencyMs) return 0;
  return Math.max(0, lastMs + frequencyMs - now.getTime());
}
