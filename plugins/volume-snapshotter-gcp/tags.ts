/** Disks and snapshots have no free tags: Kubernetes and Velero keep them as JSON in descriptions. */
export interface ChosenTags {
  readonly description: string;
  /** Keys of those that found no room. */
  readonly leftOut: readonly string[];
}

/** Google says no limit for snapshots; this is what it takes elsewhere in Compute Engine. */
const maxDescription = 2_048;

/** Tags of the backup, before those of the same key in the disk's own description. */
export function descriptionOf(
  backup: Readonly<Record<string, string>>,
  ofDisk: string,
): ChosenTags {
  const wanted = { ...readTags(ofDisk), ...backup };
  const ranked = Object.keys(wanted).toSorted(
    (a, b) => rankOf(a, backup) - rankOf(b, backup) || (a < b ? -1 : 1),
  );
  const chosen = new Map<string, string>();
  const leftOut: string[] = [];
  for (const key of ranked) {
    chosen.set(key, wanted[key] ?? "");
    if (write(chosen).length <= maxDescription) continue;
    chosen.delete(key);
    leftOut.push(key);
  }
  return { description: chosen.size === 0 ? "" : write(chosen), leftOut };
}

/** What a snapshot is found by comes first; then what the backup says, then what the disk had. */
function rankOf(key: string, backup: Readonly<Record<string, string>>): number {
  if (key === "velero.io/backup" || key === "velero.io/pv") return 0;
  return Object.hasOwn(backup, key) ? 1 : 2;
}

const write = (tags: ReadonlyMap<string, string>): string =>
  JSON.stringify(Object.fromEntries([...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))));

/** A description that people wrote holds none. */
function readTags(description: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(description);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
    const entries = Object.entries(value);
    const areTexts = entries.every(([, one]) => typeof one === "string");
    return areTexts ? Object.fromEntries(entries) : {};
  } catch {
    return {};
  }
}
