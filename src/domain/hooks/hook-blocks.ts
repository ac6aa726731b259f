import type { HookPod } from "./pod-hook.ts";

/**
 * Pods that share claims, directly or through other pods, form one block: their data is frozen
 * together. So do pods that a user has put in order, as only in a block one waits for another.
 * Blocks and the pods in them stand in the order in which the pods came.
 */
export function blocksOf<Pod extends Pick<HookPod, "namespace" | "claims">>(
  pods: readonly Pod[],
  isOrdered: (pod: Pod) => boolean = () => false,
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
  const firstOfClaim = new Map<string, number>();
  pods.forEach(({ namespace, claims }, index) => {
    for (const claim of claims) {
      const key = `${namespace}/${claim}`;
      const first = firstOfClaim.get(key);
      if (first === undefined) firstOfClaim.set(key, index);
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
