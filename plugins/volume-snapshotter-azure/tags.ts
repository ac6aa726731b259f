import { isReservedTagKey, isTagKey, maxTags, maxTagValueLength } from "./tag-rules.ts";

/** Of a snapshot or disk that ark-ts made: by it, its name is known to be taken by it. */
export const keyTag = "ark-ts.dev-idempotency-key";

export type Tags = Readonly<Record<string, string>>;

export interface ChosenTags {
  readonly tags: Tags;
  /** Keys of those that Azure would refuse the whole call for. */
  readonly leftOut: readonly string[];
}

export interface TagSources {
  /** Those of the location. */
  readonly location: Tags;
  /** Labels of the backup, and Velero's names. */
  readonly backup: Tags;
  readonly disk: Tags;
}

/** Those of the location before those of the backup before those of the disk, as in Velero. */
export function tagsOfSnapshot(sources: TagSources, key: string): ChosenTags {
  const backup = Object.entries(sources.backup)
    // Azure takes no slashes; the dash is what Velero's plugin writes.
    .map(([name, value]) => [name.replaceAll("/", "-"), value] as const)
    // Labels of a backup may be many: what it is found by comes first.
    .toSorted(([a], [b]) => rankOf(a) - rankOf(b));
  const reserved = backup.filter(([name]) => isReservedTagKey(name)).map(([name]) => name);
  const { tags, leftOut } = chooseTags([
    [keyTag, key],
    ...Object.entries(sources.location),
    ...backup.filter(([name]) => !isReservedTagKey(name)),
    ...Object.entries(sources.disk),
  ]);
  return { tags, leftOut: [...reserved, ...leftOut] };
}

/** Those of the snapshot. */
export const tagsOfDisk = (snapshot: Tags, key: string): ChosenTags =>
  chooseTags([[keyTag, key], ...Object.entries(snapshot)]);

const rankOf = (name: string): number =>
  name === "velero.io-backup" || name === "velero.io-pv" ? 0 : 1;

/** The first of each key, as far as Azure takes them, to which `Team` and `team` are one. */
function chooseTags(wanted: readonly (readonly [string, string])[]): ChosenTags {
  const chosen = new Map<string, readonly [string, string]>();
  const leftOut: string[] = [];
  for (const [key, value] of wanted) {
    const name = key.toLowerCase();
    if (chosen.has(name)) continue;
    const fits = isTagKey(key) && value.length <= maxTagValueLength && chosen.size < maxTags;
    if (fits) chosen.set(name, [key, value]);
    else leftOut.push(key);
  }
  return { tags: Object.fromEntries(chosen.values()), leftOut };
}
