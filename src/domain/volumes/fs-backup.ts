import { because } from "./verdicts.ts";
import type { VolumeReason } from "./volume-decision.ts";
import type { PodFacts, VolumeSource } from "./volume-facts.ts";
import type { ClaimUser, Present, VolumeSettings } from "./volume-input.ts";

export const optInAnnotation = "backup.velero.io/backup-volumes";
export const optOutAnnotation = "backup.velero.io/backup-volumes-excludes";

/**
 * Whether annotations and the default flag select a volume of a pod for file-system backup, and
 * by what (velero-features 3.7).
 */
export function legacyChoice(
  { facts }: Present<PodFacts>,
  volume: string,
  { defaultVolumesToFsBackup }: VolumeSettings,
): { readonly selected: boolean; readonly reason: VolumeReason } {
  const pod = `pod ${facts.namespace}/${facts.name}`;
  const key = defaultVolumesToFsBackup ? optOutAnnotation : optInAnnotation;
  if (namedVolumes(facts, key).includes(volume)) {
    const reason = because("annotation", `${key} of ${pod} names ${volume}`);
    return { selected: !defaultVolumesToFsBackup, reason };
  }
  return defaultVolumesToFsBackup
    ? { selected: true, reason: because("flag", "--default-volumes-to-fs-backup") }
    : { selected: false, reason: because("default", `${key} of ${pod} does not name ${volume}`) };
}

/** Names in one of the two annotations; blanks around them do not count. */
function namedVolumes({ annotations }: PodFacts, key: string): readonly string[] {
  const value = Object.hasOwn(annotations, key) ? (annotations[key] ?? "") : "";
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Volumes that the annotations name and the pod does not have: a typing error, to be told. */
export function unknownAnnotatedVolumes(
  pod: PodFacts,
): readonly { readonly annotation: string; readonly volume: string }[] {
  const known = new Set(pod.volumes.map(({ name }) => name));
  return [optInAnnotation, optOutAnnotation].flatMap((annotation) =>
    namedVolumes(pod, annotation)
      .filter((volume) => !known.has(volume))
      .map((volume) => ({ annotation, volume })),
  );
}

/** Why file-system backup cannot reach a volume through this pod; undefined: it can. */
export function fsObstacle(
  { pod, volume }: ClaimUser,
  source: VolumeSource | undefined,
): string | undefined {
  const { facts, leftOutBy } = pod;
  const name = `pod ${facts.namespace}/${facts.name}`;
  if (leftOutBy !== undefined) return `${name} is not in the backup (${leftOutBy})`;
  if (source?.type === "hostPath")
    return "it is a hostPath, which file-system backup does not reach";
  if (!facts.scheduled || facts.phase !== "Running") {
    return `${name} is ${facts.phase === "" ? "in no phase" : facts.phase}, and only a running pod has it mounted`;
  }
  if (facts.devices.has(volume)) {
    return `${name} has it as a block device, which file-system backup does not read`;
  }
  return facts.mounted.has(volume) ? undefined : `no container of ${name} mounts it`;
}
