import type { PassiveItem } from "../../format/passive-file.ts";
import { createResourceListBuilder, type RestoreAction } from "../../format/resource-list.ts";
import { createTextList, type TextList } from "../../lib/text-list.ts";

/** Names one object as the resource list and the results do: by its place in the target. */
export interface TargetName {
  readonly version: string;
  readonly kind: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

/** What became of each object, held as the bytes of names only. */
export interface Tally {
  readonly counts: Readonly<Record<RestoreAction, number>>;
  record(target: TargetName, action: RestoreAction): void;
  /** Objects that labels did not select; they are no part of the restore. */
  unselected: number;
  /** Objects that have an owner again that they had in the backup. */
  ownersMapped: number;
  /** Objects that lost an owner for good. */
  ownersDropped: number;
  /** Objects that the run has created and that do nothing. */
  readonly passive: PassiveItem[];
  /** Titles of the mappings and modifiers that have applied to an object. */
  readonly changesUsed: Set<string>;
  /** The resource-list file. */
  encode(): Promise<Buffer>;
}

export function createTally(): Tally {
  const counts = { created: 0, updated: 0, recreated: 0, deleted: 0, skipped: 0, failed: 0 };
  const kinds = new Map<string, { version: string; kind: string; names: TextList }>();
  return {
    counts,
    unselected: 0,
    ownersMapped: 0,
    ownersDropped: 0,
    passive: [],
    changesUsed: new Set(),
    record({ version, kind, namespace, name }, action) {
      counts[action] += 1;
      const key = `${version}/${kind}`;
      let section = kinds.get(key);
      if (section === undefined) {
        section = { version, kind, names: createTextList() };
        kinds.set(key, section);
      }
      section.names.add(`${namespace}/${name} ${action}`);
    },
    async encode() {
      const list = createResourceListBuilder();
      for (const { version, kind, names } of kinds.values()) {
        for (const text of names.sorted()) {
          const slash = text.indexOf("/");
          const space = text.lastIndexOf(" ");
          list.add(version, kind, {
            namespace: text.slice(0, slash),
            name: text.slice(slash + 1, space),
            action: text.slice(space + 1) as RestoreAction,
          });
        }
      }
      return await list.finish();
    },
  };
}
