import { decideClaim } from "./decide-claim.ts";
import { decidePersistentVolume } from "./decide-persistent-volume.ts";
import { decidePodVolume } from "./decide-pod-volume.ts";
import type { VolumeDecision } from "./volume-decision.ts";
import type { PodFacts } from "./volume-facts.ts";
import type { ClaimUser, Present, VolumeInput, VolumeSettings } from "./volume-input.ts";

/**
 * Decides how each volume would be protected and by what (velero-features 3.7): claims, volumes
 * of pods that hold data of their own, and persistent volumes whose claim is not there. In the
 * order of the input. Linear in the number of objects.
 */
export function decideVolumes(
  input: VolumeInput,
  settings: VolumeSettings,
): readonly VolumeDecision[] {
  const volumes = new Map(input.volumes.map((volume) => [volume.facts.name, volume]));
  const users = usersOfClaims(input.pods);
  const taken = new Set<string>();
  const decisions: VolumeDecision[] = [];
  for (const claim of input.claims) {
    const { namespace, name, phase, volumeName } = claim.facts;
    if (claim.leftOutBy === undefined) taken.add(`${namespace}/${name}`);
    const volume = phase === "Bound" ? volumes.get(volumeName)?.facts : undefined;
    const used = users.get(`${namespace}/${name}`) ?? [];
    decisions.push(
      decideClaim(claim, { ...(volume === undefined ? {} : { volume }), users: used }, settings),
    );
  }
  for (const pod of input.pods) {
    for (const volume of pod.facts.volumes) {
      const decision = decidePodVolume(pod, volume, settings);
      if (decision !== undefined) decisions.push(decision);
    }
  }
  for (const volume of input.volumes) {
    const { claim } = volume.facts;
    const isClaimed = claim !== undefined && taken.has(`${claim.namespace}/${claim.name}`);
    if (isClaimed || volume.leftOutBy !== undefined) continue;
    decisions.push(decidePersistentVolume(volume.facts, settings));
  }
  return decisions;
}

function usersOfClaims(
  pods: readonly Present<PodFacts>[],
): ReadonlyMap<string, readonly ClaimUser[]> {
  const users = new Map<string, ClaimUser[]>();
  for (const pod of pods) {
    for (const { name, claim } of pod.facts.volumes) {
      if (claim === undefined) continue;
      const key = `${pod.facts.namespace}/${claim}`;
      const known = users.get(key);
      if (known === undefined) users.set(key, [{ pod, volume: name }]);
      else known.push({ pod, volume: name });
    }
  }
  return users;
}
