import { constants } from "node:fs";
import { link, lstat, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, isAbsent } from "./errors.ts";

export const fileMode = 0o600;
export const folderMode = 0o700;

const createNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A new file with these bytes, on the disk when it returns. Errors: EEXIST. */
export async function writeNewFile(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, createNew, fileMode);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Opens a plain file only: no symbolic link, and no pipe that would block. */
export function openForRead(path: string) {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/**
 * Creates what is missing of `folder`, 0700, each new name on the disk when it returns. A parent
 * that goes away meanwhile is made again, a few times: some file systems answer ENOENT for ever.
 */
export async function makeFolders(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(folder, folderMode);
      break;
    } catch (thrown) {
      if (errnoOf(thrown) === "EEXIST") return;
      const parent = dirname(folder);
      const canMend = errnoOf(thrown) === "ENOENT" && parent !== folder && attempt < placeAttempts;
      if (!canMend) throw thrown;
      await makeFolders(parent);
    }
  }
  await syncFolder(dirname(folder));
}

/** Puts the names in `folder` on the disk, where the file system can do that. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (thrown) {
    if (!["EINVAL", "ENOTSUP", "EISDIR", "EPERM"].includes(errnoOf(thrown) ?? "")) throw thrown;
  } finally {
    await handle.close();
  }
}

/**
 * Moves a finished file to its name, whole or not at all. With `ifAbsent` an existing name
 * stays and EEXIST is thrown; then `source` is still there. Folders are made as needed, again
 * when a concurrent removal took them away.
 */
export async function placeFile(source: string, target: string, ifAbsent: boolean): Promise<void> {
  const folder = dirname(target);
  for (let attempt = 1; ; attempt += 1) {
    await makeFolders(folder);
    try {
      if (ifAbsent) await link(source, target);
      else await rename(source, target);
      break;
    } catch (thrown) {
      const folderVanished = errnoOf(thrown) === "ENOENT" && attempt < placeAttempts;
      if (!folderVanished || !(await exists(source))) throw thrown;
    }
  }
  await syncFolder(folder);
  if (ifAbsent) await removeFile(source);
}

/** Each lost attempt needs a removal of the last object of the folder within microseconds. */
const placeAttempts = 20;

/** False when it was not there, or is no file. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    throw thrown;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (isAbsent(thrown)) return false;
    throw thrown;
  }
}

/** Writes `body` to `path` by way of a temporary file in `temporaryFolder`. */
export async function replaceFile(
  path: string,
  body: Uint8Array,
  temporary: { readonly folder: string; readonly name: string },
): Promise<void> {
  await makeFolders(temporary.folder);
  const source = join(temporary.folder, temporary.name);
  try {
    await writeNewFile(source, body);
    await placeFile(source, path, false);
  } catch (thrown) {
    await removeFile(source);
    throw thrown;
  }
}
