/** Of a snapshot or volume that ark-ts made: by it, what an earlier call made is found. */
export const keyTag = "ark-ts.dev/idempotency-key";

const clusterTag = "KubernetesCluster";
const clusterTagPrefix = "kubernetes.io/cluster/";

const maxTags = 50;
const maxKeyLength = 128;
const maxValueLength = 256;

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface ChosenTags {
  readonly tags: readonly Tag[];
  /** Keys of those that EC2 would refuse the whole call for. */
  readonly leftOut: readonly string[];
}

/** Those of the backup, before those of the volume of the same key, as Velero's plugin has them. */
export function tagsOfSnapshot(
  backup: Readonly<Record<string, string>>,
  volume: readonly Tag[],
  idempotencyKey: string,
): ChosenTags {
  const own = Object.entries(backup).map(([key, value]) => ({ key, value }));
  // Labels of a backup may be many: what it is found by comes first.
  const named = own.toSorted((a, b) => rankOf(a.key) - rankOf(b.key));
  return chooseTags([{ key: keyTag, value: idempotencyKey }, ...named, ...volume]);
}

/** Those of the snapshot; with a name of the cluster, that one owns the volume instead. */
export function tagsOfVolume(
  snapshot: readonly Tag[],
  clusterName: string | undefined,
  idempotencyKey: string,
): ChosenTags {
  const own = [{ key: keyTag, value: idempotencyKey }];
  if (clusterName === undefined) return chooseTags([...own, ...snapshot]);
  const owner = [
    { key: `${clusterTagPrefix}${clusterName}`, value: "owned" },
    { key: clusterTag, value: clusterName },
  ];
  const rest = snapshot.filter(
    ({ key }) => key !== clusterTag && !key.startsWith(clusterTagPrefix),
  );
  return chooseTags([...own, ...owner, ...rest]);
}

const rankOf = (key: string): number =>
  key === "velero.io/backup" || key === "velero.io/pv" ? 0 : 1;

/** The first of each key, as far as EC2 takes them. Keys of `aws:` are AWS's own to give. */
function chooseTags(wanted: readonly Tag[]): ChosenTags {
  const chosen = new Map<string, Tag>();
  const leftOut: string[] = [];
  for (const tag of wanted) {
    if (chosen.has(tag.key) || /^aws:/i.test(tag.key)) continue;
    const fits = tag.key.length <= maxKeyLength && tag.value.length <= maxValueLength;
    if (fits && chosen.size < maxTags) chosen.set(tag.key, tag);
    else leftOut.push(tag.key);
  }
  return { tags: [...chosen.values()], leftOut };
}
