import assert from "node:assert/strict";
import type { ErrorCode } from "../../src/lib/errors.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ListEntry, ObjectStore, StoredBody } from "../../src/ports/object-store.ts";

export async function collect(stored: StoredBody): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function readText(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<string> {
  return (await collect(await store.get(key, { signal }))).toString();
}

export async function listAll(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
  delimiter?: "/",
): Promise<ListEntry[]> {
  const options = delimiter === undefined ? { signal } : { signal, delimiter };
  const entries: ListEntry[] = [];
  for await (const entry of store.list(prefix, options)) entries.push(entry);
  return entries;
}

/** `prefix/` for a prefix entry, the key for an object. */
export async function listKeys(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
  delimiter?: "/",
): Promise<string[]> {
  return (await listAll(store, prefix, signal, delimiter)).map((entry) => entry.key);
}

/** Rejects with an ArkError of `code`; returns it for more assertions. */
export async function rejectsWithCode(
  promise: Promise<unknown>,
  code: ErrorCode,
): Promise<ArkError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error !== undefined, `resolved, but ${code} was expected`);
  if (!(error instanceof ArkError)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
}
