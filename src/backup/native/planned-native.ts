import type { VolumeDecision } from "../../domain/volumes/volume-decision.ts";
import type { PersistentVolumeFacts } from "../../domain/volumes/volume-facts.ts";

/** A persistent volume of which a native snapshot is to be made. */
export interface PlannedNative {
  readonly volume: PersistentVolumeFacts;
  /** Of its claim; empty without one in the backup. */
  readonly namespace: string;
  readonly claim: string;
}

/** By the name of the volume. */
export function plannedNatives(
  decisions: readonly VolumeDecision[],
  volumes: ReadonlyMap<string, PersistentVolumeFacts>,
): ReadonlyMap<string, PlannedNative> {
  const planned = new Map<string, PlannedNative>();
  for (const { subject, outcome } of decisions) {
    if (outcome.state !== "protected" || outcome.method !== "native-snapshot") continue;
    const isClaim = subject.kind === "claim";
    const name = isClaim ? subject.volume : subject.kind === "persistent-volume" && subject.name;
    const volume = typeof name === "string" ? volumes.get(name) : undefined;
    if (volume === undefined) continue;
    const claim = isClaim ? subject.name : "";
    const namespace = isClaim ? subject.namespace : "";
    planned.set(volume.name, { volume, namespace, claim });
  }
  return planned;
}
