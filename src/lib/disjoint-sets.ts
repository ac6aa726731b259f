/** Things that are one set as soon as anything joins them. */
export interface DisjointSets {
  join(a: string, b: string): void;
  /** The same for all of one set; undefined for what nothing has joined. */
  setOf(one: string): string | undefined;
}

export function createDisjointSets(): DisjointSets {
  const parents = new Map<string, string>();
  const leaderOf = (one: string): string => {
    let at = one;
    for (;;) {
      const parent = parents.get(at) ?? at;
      if (parent === at) return at;
      const above = parents.get(parent) ?? parent;
      parents.set(at, above);
      at = above;
    }
  };
  return {
    join(a, b) {
      const [first, second] = [leaderOf(a), leaderOf(b)];
      parents.set(first, first);
      parents.set(second, first);
    },
    setOf: (one) => (parents.has(one) ? leaderOf(one) : undefined),
  };
}
