import { createResourceListBuilder, type RestoreAction } from "../format/resource-list.ts";

/** Names one object as the resource list and the results do: by its place in the target. */
export interface TargetName {
  readonly version: string;
  readonly kind: string;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

/** What became of each object, held as names only. */
export interface Tally {
  readonly counts: Readonly<Record<RestoreAction, number>>;
  record(target: TargetName, action: RestoreAction): void;
  /** Objects that labels did not select; they are no part of the restore. */
  unselected: number;
  ownersDropped: number;
  /** The resource-list file. */
  encode(): Promise<Buffer>;
}

export function createTally(): Tally {
  const counts = { created: 0, updated: 0, skipped: 0, failed: 0 };
  const kinds = new Map<string, { version: string; kind: string; names: string[] }>();
  return {
    counts,
    unselected: 0,
    ownersDropped: 0,
    record({ version, kind, namespace, name }, action) {
      counts[action] += 1;
      const key = `${version}/${kind}`;
      let section = kinds.get(key);
      if (section === undefined) {
        section = { version, kind, names: [] };
        kinds.set(key, section);
      }
      section.names.push(`${namespace}/${name} ${action}`);
    },
    async encode() {
      const list = createResourceListBuilder();
      for (const { version, kind, names } of kinds.values()) {
        for (const text of names.sort()) {
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
