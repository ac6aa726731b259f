import { buffer } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { backupKeys } from "../../../src/format/keys.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { readArchive } from "../exchange/archives.ts";
import { type ClusterState, type Decoded, decode } from "../oracle/cluster-state.ts";

export interface ArchiveToJudge {
  readonly store: ObjectStore;
  readonly backup: string;
  readonly source: string;
  /** What the Backup's status says it has. */
  readonly counted: number;
}

/** How the archive of a namespace that nobody changed differs from what stood there. */
export async function archiveFaults(
  { store, backup, source, counted }: ArchiveToJudge,
  first: ClusterState,
): Promise<readonly string[]> {
  const stream = await store.get(backupKeys(backup).archive, {
    signal: new AbortController().signal,
  });
  const { objects } = await readArchive(await buffer(stream.body));
  const faults: string[] = [];
  const missing = new Set(
    [...first]
      .filter(([, { namespace, name }]) => (namespace || name) === source)
      .map(([key]) => key),
  );
  for (const [key, bytes] of objects) {
    missing.delete(key);
    const expected = first.get(key);
    if (expected === undefined) faults.push(`Backup ${backup}: ${key} was not there before`);
    else if (!isDeepStrictEqual(bare(decode(bytes.toString())), bare(expected.value))) {
      faults.push(`Backup ${backup}: ${key} is not what it was`);
    }
  }
  faults.push(...[...missing].map((key) => `Backup ${backup}: ${key} is missing`));
  if (objects.size !== counted) {
    faults.push(`Backup ${backup}: ${objects.size} objects, and its status says ${counted}`);
  }
  return faults;
}

/** Items of a plain LIST lack both. */
function bare({ kind: _, apiVersion: __, ...rest }: Decoded): Decoded {
  return rest;
}
