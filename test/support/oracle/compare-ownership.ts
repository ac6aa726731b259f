/** Who owns which field (managedFields), before and after; times do not count. */
import type { Decoded } from "./cluster-state.ts";

export interface OwnershipDifference {
  /** Of keys, as in the object; list entries by their `k:{…}` or `v:…`. */
  readonly path: readonly string[];
  readonly sentence: string;
}

export interface OwnershipComparison {
  readonly differences: readonly OwnershipDifference[];
  /** Fields that had no owner before and belong now to one who owned others. */
  readonly adopted: number;
}

interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly fieldsV1?: Decoded;
}

/** Path as one text to the owners. */
type Owned = ReadonlyMap<string, ReadonlySet<string>>;

const nobody: ReadonlySet<string> = new Set();

/**
 * Each owner must own what it owned. Beside that, an owner of before may own what nobody owned: the
 * API server gave that to the first object of itself (a default, a finalizer), and the object that
 * comes back already holds it. Entries of subresources belong to controllers and are not compared.
 * `uidOf`: old uids to those of now, as lists of owner references are keyed by them.
 */
export function compareOwnership(
  before: Decoded,
  after: Decoded,
  uidOf: (oldUid: string) => string | undefined,
): OwnershipComparison {
  const newUids = (part: string): string =>
    part.replace(/^k:\{"uid":"([^"]*)"\}$/, (all, uid: string) =>
      all.replace(uid, uidOf(uid) ?? uid),
    );
  const [then, now] = [ownedFields(before, newUids), ownedFields(after, (part) => part)];
  // Where nobody is recorded, whoever makes the object is the first.
  if (then.size === 0) return { differences: [], adopted: 0 };
  const known = new Set([...then.values()].flatMap((owners) => [...owners]));
  const differences: OwnershipDifference[] = [];
  let adopted = 0;
  for (const text of new Set([...then.keys(), ...now.keys()])) {
    const path = text.split("\n");
    const [had, has] = [then.get(text) ?? nobody, now.get(text) ?? nobody];
    for (const owner of had) {
      if (!has.has(owner)) differences.push({ path, sentence: `no longer owned by ${owner}` });
    }
    for (const owner of has) {
      if (had.has(owner)) continue;
      if (had.size === 0 && known.has(owner)) adopted++;
      else differences.push({ path, sentence: `now owned by ${owner}` });
    }
  }
  return { differences, adopted };
}

function ownedFields(object: Decoded, rename: (part: string) => string): Owned {
  const { managedFields = [] } = (object["metadata"] ?? {}) as {
    readonly managedFields?: readonly Entry[];
  };
  const owned = new Map<string, Set<string>>();
  for (const { manager, operation, apiVersion, subresource, fieldsV1 } of managedFields) {
    if (subresource !== undefined) continue;
    for (const path of leaves(fieldsV1 ?? {}, [])) {
      const text = path.map(rename).map(keyOf).join("\n");
      owned.set(text, (owned.get(text) ?? new Set()).add(`${manager} ${operation} ${apiVersion}`));
    }
  }
  return owned;
}

function leaves(fields: Decoded, path: readonly string[]): readonly (readonly string[])[] {
  return Object.entries(fields).flatMap(([key, below]) => {
    const here = key === "." ? path : [...path, key];
    const rest = below as Decoded;
    return Object.keys(rest).length === 0 ? [here] : leaves(rest, here);
  });
}

const keyOf = (part: string): string => part.replace(/^f:/, "").replaceAll("/", "~1");
