import type { ItemOperation } from "../api/item-operation.ts";
import { inflateStream } from "../format/inflate-stream.ts";
import { decodeItemOperations } from "../format/item-operations.ts";
import { decodeResults, type Results } from "../format/results.ts";
import { decodeList, decodeResourceList } from "../format/side-files.ts";
import { decodeVolumes, type VolumeRecord } from "../format/volume-coverage.ts";
import { hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readStored } from "./read-stored.ts";

/** Where files are read from: a store, or a server that hands them out. */
export type FileSource = Pick<ObjectStore, "get">;

/**
 * Velero's side files of backups and restores, by the keys of `format/keys.ts`. Undefined: there
 * is no such file. Errors: ARK_BACKUP_DAMAGED, ARK_BACKUP_FORMAT; those of the store.
 */
const maxCompressedBytes = 64 * 1024 * 1024;

export async function readResults(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): Promise<Results | undefined> {
  const bytes = await readIfThere(store, key, signal);
  return bytes && (await decodeResults(bytes));
}

/** `apiVersion/Kind` to the names of its objects. */
export async function readResourceList(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const bytes = await readIfThere(store, key, signal);
  return bytes && (await decodeResourceList(bytes));
}

/** Ours: what protects each volume of a backup. */
export async function readVolumes(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): Promise<readonly VolumeRecord[] | undefined> {
  const bytes = await readIfThere(store, key, signal);
  return bytes && (await decodeVolumes(bytes, key));
}

/** Undefined: the file is missing. */
export async function readItemOperations(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): Promise<readonly ItemOperation[] | undefined> {
  const bytes = await readIfThere(store, key, signal);
  return bytes && (await decodeItemOperations(bytes, key));
}

/** Volumes, snapshots, operations: a list of JSON objects. */
export async function readListFile(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): Promise<readonly Readonly<Record<string, unknown>>[] | undefined> {
  const bytes = await readIfThere(store, key, signal);
  return bytes && (await decodeList(bytes, key));
}

/** The log's text as it arrives. Errors: ARK_STORE_NOT_FOUND. */
export async function* readLog(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { body } = await store.get(key, { signal });
  yield* inflateStream(body, `"${key}"`, signal);
}

async function readIfThere(
  store: FileSource,
  key: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    return await readStored(store, key, maxCompressedBytes, signal);
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}
