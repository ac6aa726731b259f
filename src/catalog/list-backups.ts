import type { Backup } from "../api/backup.ts";
import { backupsPrefix, namesPrefix } from "../format/keys.ts";
import type { Manifest } from "../format/manifest.ts";
import { type ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readBackupRecord } from "./open-backup.ts";
import type { Liveness } from "./run-owner.ts";
import { readUnsealed, type UnsealedRun } from "./unsealed-backup.ts";

/** What a list of backups tells about each. */
export type BackupListing =
  | {
      readonly name: string;
      readonly state: "sealed";
      readonly backup: Backup;
      /** Undefined: not written by ark-ts. */
      readonly manifest: ManifestSummary | undefined;
    }
  | {
      /** A run without seal: it goes on, has died, or has failed and left its log. */
      readonly name: string;
      readonly state: "interrupted";
      readonly run: UnsealedRun;
    }
  | { readonly name: string; readonly state: "unreadable"; readonly error: ArkError };

export interface ManifestSummary {
  readonly cluster: Manifest["cluster"];
  readonly objects: number;
  readonly archiveBytes: number;
  readonly engineVersion: string;
}

export interface ListBackupsOptions {
  readonly signal: AbortSignal;
  /** Backups read at once. */
  readonly concurrency: number;
  /** Tells which runs without seal are running; without it none counts as such. */
  readonly liveness?: Liveness;
}

/**
 * Every backup of the location, in byte order of names. One that cannot be read is an entry, not
 * an error; only a store that cannot be listed ends the stream.
 */
export async function* listBackups(
  store: ObjectStore,
  options: ListBackupsOptions,
): AsyncGenerator<BackupListing> {
  const names = await namesBelow(store, [backupsPrefix, namesPrefix], options.signal);
  const described = mapInOrder(names, options.concurrency, (name) =>
    describeBackup(store, name, options),
  );
  for await (const listing of described) if (listing !== undefined) yield listing;
}

/** Names of the folders below the prefixes, sorted, each once; not all need be allowed names. */
async function namesBelow(
  store: ObjectStore,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const prefix of prefixes) {
    for await (const entry of store.list(prefix, { delimiter: "/", signal })) {
      if (entry.kind === "prefix") names.add(entry.key.slice(prefix.length, -1));
    }
  }
  return [...names].sort();
}

/** Undefined: nothing has this name, though stores that keep versions may list its empty folder. */
async function describeBackup(
  store: ObjectStore,
  name: string,
  { signal, liveness }: ListBackupsOptions,
): Promise<BackupListing | undefined> {
  try {
    const { backup, manifest } = await readBackupRecord(store, name, signal);
    return { name, state: "sealed", backup, manifest: manifest && summaryOf(manifest) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!hasCode(thrown, "ARK_BACKUP_NOT_FOUND")) return unreadable(name, thrown);
    try {
      const run = await readUnsealed(store, name, { signal, liveness });
      return run === undefined ? undefined : { name, state: "interrupted", run };
    } catch (error) {
      signal.throwIfAborted();
      return unreadable(name, error);
    }
  }
}

function unreadable(name: string, thrown: unknown): BackupListing {
  return { name, state: "unreadable", error: toArkError(thrown) };
}

function summaryOf(manifest: Manifest): ManifestSummary {
  return {
    cluster: manifest.cluster,
    objects: manifest.kinds.reduce((sum, kind) => sum + kind.count, 0),
    archiveBytes: manifest.archive.sizeBytes,
    engineVersion: manifest.engineVersion,
  };
}
