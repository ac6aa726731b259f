import { apiVersion, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";

export interface NamespaceTally {
  /** Empty: cluster scope. */
  readonly namespace: string;
  readonly count: number;
  /** As the archive holds them, before compression. */
  readonly bytes: number;
}

export interface KindTally {
  readonly resource: string;
  readonly version: string;
  readonly count: number;
  readonly bytes: number;
  /** By name of the namespace. */
  readonly namespaces: readonly NamespaceTally[];
}

/** Counts objects and their bytes by kind and namespace; keeps none. */
export interface ObjectTally extends ResourceListBuilder {
  /** Kinds of which there is something, in the order of `kinds`. */
  tallies(): readonly KindTally[];
}

type Sums = { count: number; bytes: number };

export function createObjectTally(kinds: readonly ResourceKind[]): ObjectTally {
  const sums = new Map<string, Map<string, Sums>>();
  return {
    add(version, kind, object) {
      const key = `${version}/${kind}`;
      const namespaces = sums.get(key) ?? new Map<string, Sums>();
      sums.set(key, namespaces);
      const sum = namespaces.get(object.namespace) ?? { count: 0, bytes: 0 };
      namespaces.set(object.namespace, sum);
      sum.count += 1;
      if ("bytes" in object && Buffer.isBuffer(object.bytes)) sum.bytes += object.bytes.length;
    },
    finish: async () => Buffer.alloc(0),
    tallies: () =>
      kinds.flatMap((kind) => {
        const version = apiVersion(kind);
        const found = sums.get(`${version}/${kind.kind}`);
        if (found === undefined) return [];
        const namespaces = [...found]
          .map(([namespace, sum]) => ({ namespace, ...sum }))
          .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
        const total = (of: "count" | "bytes"): number =>
          namespaces.reduce((sum, each) => sum + each[of], 0);
        const resource = groupResource(kind);
        return [{ resource, version, count: total("count"), bytes: total("bytes"), namespaces }];
      }),
  };
}
