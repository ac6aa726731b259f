import type { OwnerReference } from "../../api/owner-reference.ts";
import type { TargetName } from "../report/tally.ts";

/** An object that was created without its owners. */
export interface Dependent {
  readonly resource: string;
  readonly target: TargetName;
  /** That it has in the target. */
  readonly uid: string;
  /** Field manager that wrote the references in the backup; empty: unknown. */
  readonly manager: string;
  /** Those that it still lacks, by their uids in the backup. */
  readonly owners: readonly OwnerReference[];
}

export interface LostOwner {
  readonly dependent: Dependent;
  readonly owner: OwnerReference;
  readonly reason: string;
}

/** What owners are owed to objects of this run. Holds only objects that had some. */
export interface OwnerTable {
  add(dependent: Dependent): void;
  waiting(): readonly Dependent[];
  /** `owners` are those that are still owed to it. */
  keep(dependent: Dependent, owners: readonly OwnerReference[]): void;
  /** Owners of the restored set, by their uids in the backup. */
  readonly inBackup: Map<string, { readonly resource: string; readonly target: TargetName }>;
  /** By {@link itemKey}: objects that stand under another name or kind than in the backup. */
  readonly renamed: Map<string, { readonly resource: string; readonly target: TargetName }>;
  /** uids that the index was asked for. */
  readonly asked: Set<string>;
  readonly lost: LostOwner[];
}

export function createOwnerTable(): OwnerTable {
  const dependents = new Map<string, Dependent>();
  const known = new Map<string, OwnerReference>();
  /** One object in memory for all that have the same owner. */
  const shared = (owner: OwnerReference): OwnerReference => {
    const key = `${owner.uid} ${owner.controller} ${owner.blockOwnerDeletion}`;
    const found = known.get(key);
    if (found === undefined) known.set(key, owner);
    return found ?? owner;
  };
  const put = (dependent: Dependent): void => {
    dependents.set(dependent.uid, { ...dependent, owners: dependent.owners.map(shared) });
  };
  return {
    add: put,
    waiting: () => [...dependents.values()],
    keep(dependent, owners) {
      if (owners.length === 0) dependents.delete(dependent.uid);
      else put({ ...dependent, owners });
    },
    inBackup: new Map(),
    renamed: new Map(),
    asked: new Set(),
    lost: [],
  };
}
