/** A pod that mounts claims. */
export interface MountingPod {
  readonly namespace: string;
  readonly name: string;
  /** Names of the claims. */
  readonly claims: readonly string[];
  /** Taken for its own sake. */
  readonly selected: boolean;
  /** Runs on a node: only such pods are taken for the sake of a claim. */
  readonly running: boolean;
}

export interface MountedClaim {
  readonly namespace: string;
  readonly name: string;
  readonly selected: boolean;
  /** Its pods are taken with it. */
  readonly bound: boolean;
}

/**
 * The pods that are taken because of claims: a claim that is taken, for its own sake or for a
 * pod's, brings the pods that mount it, so that the data they share is frozen by all of them
 * (Velero 1.18.3: pkg/itemblock/actions/pvc_action.go). Pods and claims that may not be taken at
 * all are to be left out of both lists.
 */
export function podsForClaims(
  pods: readonly MountingPod[],
  claims: readonly MountedClaim[],
): readonly MountingPod[] {
  const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;
  const known = new Map(claims.map((claim) => [keyOf(claim.namespace, claim.name), claim]));
  const mounting = new Map<string, MountingPod[]>();
  for (const pod of pods.filter(({ running }) => running)) {
    for (const claim of pod.claims) {
      const key = keyOf(pod.namespace, claim);
      const others = mounting.get(key);
      if (others === undefined) mounting.set(key, [pod]);
      else others.push(pod);
    }
  }
  const takenPods = new Set(pods.filter(({ selected }) => selected));
  const takenClaims = new Set<MountedClaim>();
  const brought: MountingPod[] = [];
  const waiting = claims.filter(({ selected }) => selected);
  const follow = (pod: MountingPod): void => {
    for (const name of pod.claims) {
      const claim = known.get(keyOf(pod.namespace, name));
      if (claim !== undefined) waiting.push(claim);
    }
  };
  takenPods.forEach(follow);
  for (let claim = waiting.pop(); claim !== undefined; claim = waiting.pop()) {
    if (takenClaims.has(claim)) continue;
    takenClaims.add(claim);
    if (!claim.bound) continue;
    for (const pod of mounting.get(keyOf(claim.namespace, claim.name)) ?? []) {
      if (takenPods.has(pod)) continue;
      takenPods.add(pod);
      brought.push(pod);
      follow(pod);
    }
  }
  return brought;
}
