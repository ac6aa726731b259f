import type { Backup } from "../api/backup.ts";
import { annotations } from "../api/labels.ts";
import { selectionKey } from "../domain/selection/selection-key.ts";
import { backupsPrefix } from "../format/keys.ts";
import type { Manifest } from "../format/manifest.ts";
import { decodeSeal, manifestSha256Of } from "../format/seal.ts";
import { ArkError } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { type BackupRecord, readBackupRecord, readSeal } from "./open-backup.ts";
import type { FileSource } from "./read-side-file.ts";

/** A backup that ark-ts wrote. */
export interface OwnRecord extends BackupRecord {
  readonly manifest: Manifest;
}

export interface PreviousBackup {
  readonly record: OwnRecord;
  /** Where its files are read from. */
  readonly source: FileSource;
  /** Later ones of the same selection that could not be read. */
  readonly passedOver: readonly string[];
}

/** A Backup as far as it says when it was taken, and of what. */
export type Dated = Pick<Backup, "metadata" | "spec" | "status">;

const readsInFlight = 16;

/**
 * The newest backup before this one, in the same location, of the same cluster and selection;
 * undefined where there is none. Reads every seal there. Errors: those of listing the store.
 */
export async function findPreviousBackup(
  store: ObjectStore,
  later: OwnRecord,
  signal: AbortSignal,
): Promise<PreviousBackup | undefined> {
  const passedOver: string[] = [];
  for (const name of await earlierOfSelection(store, later.backup, signal)) {
    try {
      const { manifest, ...record } = await readBackupRecord(store, name, signal);
      if (manifest?.cluster.id !== later.manifest.cluster.id) continue;
      return { record: { ...record, manifest }, source: store, passedOver };
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof ArkError)) throw thrown;
      passedOver.push(name);
    }
  }
  return undefined;
}

/** Names, newest first. */
async function earlierOfSelection(
  store: ObjectStore,
  later: Backup,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of store.list(backupsPrefix, { delimiter: "/", signal })) {
    if (entry.kind === "prefix") names.push(entry.key.slice(backupsPrefix.length, -1));
  }
  const found: Backup[] = [];
  const seals = mapInOrder(names, readsInFlight, (name) => sealOf(store, name, signal));
  for await (const seal of seals) {
    if (seal !== undefined && manifestSha256Of(seal) !== undefined) found.push(seal);
  }
  return earlierOnes(later, found);
}

/** Names of those of the same selection that were taken before, newest first. */
export function earlierOnes(later: Dated, candidates: readonly Dated[]): readonly string[] {
  const wanted = keyOf(later);
  return candidates
    .filter((one) => keyOf(one) === wanted && timeOf(one) < timeOf(later))
    .sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))
    .map(({ metadata }) => metadata.name);
}

/** Undefined: no seal, or none that can be read. */
async function sealOf(
  store: ObjectStore,
  name: string,
  signal: AbortSignal,
): Promise<Backup | undefined> {
  try {
    const seal = decodeSeal(await readSeal(store, name, signal), name);
    return seal.metadata.name === name ? seal : undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof ArkError)) throw thrown;
    return undefined;
  }
}

function keyOf({ metadata, spec }: Dated): string {
  return selectionKey(spec, metadata.annotations?.[annotations.resourcePoliciesSha256]);
}

/** Times have whole seconds, in UTC; of equal ones names decide, so that each has one place. */
function timeOf({ metadata, status }: Dated): string {
  return `${status.startTimestamp ?? ""} ${status.completionTimestamp ?? ""} ${metadata.name}`;
}
