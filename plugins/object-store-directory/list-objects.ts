import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  assertListPrefix,
  compareKeys,
  isObjectKey,
  type ListEntry,
  type ListOptions,
} from "../../src/plugin-sdk/object-store.ts";
import { isAbsent } from "./errors.ts";
import { hasOwnFolder, isReserved, type Layout } from "./layout.ts";

/** Walks the folders in byte order of keys; holds one folder per level in memory. */
export async function* listObjects(
  layout: Layout,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry> {
  options.signal.throwIfAborted();
  assertListPrefix(prefix);
  const base = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (!(await hasOwnFolder(layout, join(layout.root, base, "x")))) return;
  yield* listFolder(layout, base, { prefix, ...options });
}

interface Walk extends ListOptions {
  readonly prefix: string;
}

async function* listFolder(
  layout: Layout,
  folderKey: string,
  walk: Walk,
): AsyncGenerator<ListEntry> {
  for (const child of await children(layout, folderKey)) {
    walk.signal.throwIfAborted();
    if (!child.key.startsWith(walk.prefix)) continue;
    if (!child.isFolder) {
      const entry = await describeFile(layout, child.key);
      if (entry !== undefined) yield entry;
    } else if (walk.delimiter === undefined) {
      yield* listFolder(layout, child.key, walk);
    } else if (await holdsObject(layout, child.key, walk.signal)) {
      yield { kind: "prefix", key: child.key };
    }
  }
}

/** A folder's key ends in `/`, which is also what it sorts by. */
interface Child {
  readonly key: string;
  readonly isFolder: boolean;
}

async function children(layout: Layout, folderKey: string): Promise<readonly Child[]> {
  const found = await readFolder(join(layout.root, folderKey));
  return found
    .flatMap((entry): Child[] => {
      const key = `${folderKey}${entry.name}`;
      if (isReserved(key) || !isObjectKey(key)) return [];
      if (entry.isFile()) return [{ key, isFolder: false }];
      return entry.isDirectory() ? [{ key: `${key}/`, isFolder: true }] : [];
    })
    .sort((left, right) => compareKeys(left.key, right.key));
}

async function readFolder(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (thrown) {
    if (isAbsent(thrown)) return [];
    throw thrown;
  }
}

async function describeFile(layout: Layout, key: string): Promise<ListEntry | undefined> {
  try {
    const { size, mtimeMs } = await lstat(join(layout.root, key));
    return { kind: "object", key, sizeBytes: size, modifiedAt: new Date(mtimeMs) };
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

/** Folders that only temporary or removed objects left behind are not shown. */
async function holdsObject(
  layout: Layout,
  folderKey: string,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const _ of listFolder(layout, folderKey, { prefix: folderKey, signal })) return true;
  return false;
}
