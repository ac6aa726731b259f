import type { HookPod } from "./pod-hook.ts";

/** The group that a user has put a claim in, within its namespace; undefined: none. */
export type ClaimGroupOf = (namespace: string, claim: string) => string | undefined;

/**
 * Pods that share claims, whose claims are of one group, or that are related otherwise (`relationOf`
 * is then the same), directly or through other pods, form one block: their data is frozen together. So do pods that a user has put in order, as only in a
 * block one waits for another.
 * Blocks and the pods in them stand in the order in which the pods came.
 */
export function blocksOf<Pod extends Pick<HookPod, "namespace" | "claims">>(
  pods: readonly Pod[],
  isOrdered: (pod: Pod) => boolean = () => false,
  groupOf: ClaimGroupOf = () => undefined,
  relationOf: (pod: Pod) => string | undefined = () => undefined,
): readonly (readonly Pod[])[] {
  const leaders = pods.map((_, index) => index);
  const leaderOf = (index: number): number => {
    let at = index;
    while (leaders[at] !== at) {
      const next = leaders[leaders[at] as number] as number;
      leaders[at] = next;
      at = next;
    }
    return at;
  };
  const firstOf = new Map<string, number>();
  pods.forEach((pod, index) => {
    const { namespace, claims } = pod;
    const relation = relationOf(pod);
    const keys = claims.map((claim) => {
      const group = groupOf(namespace, claim);
      // A claim's name has no slash: a group is never taken for one.
      return group === undefined ? `${namespace}/${claim}` : `${namespace}/group/${group}`;
    });
    // No namespace is empty: nor is a relation.
    for (const key of relation === undefined ? keys : [...keys, `/${relation}`]) {
      const first = firstOf.get(key);
      if (first === undefined) firstOf.set(key, index);
      else join(leaders, leaderOf(first), leaderOf(index));
    }
  });
  const ordered = pods.flatMap((pod, index) => (isOrdered(pod) ? [index] : []));
  for (const index of ordered) join(leaders, leaderOf(ordered[0] as number), leaderOf(index));
  const blocks = new Map<number, Pod[]>();
  pods.forEach((pod, index) => {
    const leader = leaderOf(index);
    const block = blocks.get(leader);
    if (block === undefined) blocks.set(leader, [pod]);
    else block.push(pod);
  });
  return [...blocks.values()];
}

/** The earlier one leads, so that blocks keep their order. */
function join(leaders: number[], a: number, b: number): void {
  leaders[Math.max(a, b)] = Math.min(a, b);
}
