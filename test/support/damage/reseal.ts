import { gunzipSync, gzipSync } from "node:zlib";
import { backupKeys } from "../../../src/format/keys.ts";
import { sha256 } from "../../../src/format/normal-form.ts";
import { fillSeal } from "../../../src/format/seal.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { collect } from "../store-testing.ts";

const signal = new AbortController().signal;

/** Writes a manifest, whatever it says, and makes the seal name it: a liar with all hashes right. */
export async function resealManifest(
  store: ObjectStore,
  name: string,
  change: (manifest: Record<string, unknown>) => unknown,
): Promise<void> {
  const keys = backupKeys(name);
  const manifest = JSON.parse((await read(store, keys.manifest)).toString());
  await resealBytes(store, name, Buffer.from(JSON.stringify(change(manifest))));
}

export async function resealBytes(store: ObjectStore, name: string, bytes: Buffer): Promise<void> {
  const keys = backupKeys(name);
  const seal = await read(store, keys.seal);
  await store.put(keys.manifest, bytes, { signal });
  await store.put(keys.seal, fillSeal(seal, sha256(bytes)), { signal });
}

/** Replaces a side file, the index for one, and lets manifest and seal name the new bytes. */
export async function resealFile(
  store: ObjectStore,
  name: string,
  key: string,
  bytes: Buffer,
): Promise<void> {
  await store.put(key, bytes, { signal });
  const file = key.slice(backupKeys(name).folder.length);
  await resealManifest(store, name, (manifest) => ({
    ...manifest,
    files: (manifest["files"] as { name: string }[]).map((one) =>
      one.name === file ? { name: file, sizeBytes: bytes.length, sha256: sha256(bytes) } : one,
    ),
  }));
}

/** Changes the lines of the index, each a JSON text without its newline. */
export async function resealIndex(
  store: ObjectStore,
  name: string,
  change: (lines: readonly string[]) => readonly string[],
): Promise<void> {
  const key = backupKeys(name).index;
  const lines = gunzipSync(await read(store, key))
    .toString()
    .trimEnd()
    .split("\n");
  const text = change(lines)
    .map((line) => `${line}\n`)
    .join("");
  await resealFile(store, name, key, gzipSync(text));
}

async function read(store: ObjectStore, key: string): Promise<Buffer> {
  return await collect(await store.get(key, { signal }));
}
