import { createHash } from "node:crypto";
import { lstat, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ArkError, assertObjectKey } from "../../src/plugin-sdk/object-store.ts";
import { errnoOf, isAbsent } from "./errors.ts";

/**
 * What the store keeps for itself lies below this key, because Velero allows no other folder
 * at the first level of a location: `tmp/` files being written, `uploads/<id>/`, `info/` user
 * metadata of completed uploads. Lists hide it; keys below it are refused.
 */
export const reservedKey = "metadata/ark-ts/store";

export interface Layout {
  /** As configured: absolute, not yet resolved. */
  readonly root: string;
  readonly temporary: string;
  readonly uploads: string;
  readonly info: string;
}

export function createLayout(root: string): Layout {
  const own = join(root, reservedKey);
  return {
    root,
    temporary: join(own, "tmp"),
    uploads: join(own, "uploads"),
    info: join(own, "info"),
  };
}

/** Path of the object. Errors: ARK_STORE_FAILED for a key that is not allowed or reserved. */
export function pathOfKey(layout: Layout, key: string): string {
  assertObjectKey(key);
  if (isReserved(key)) {
    throw new ArkError(
      "ARK_STORE_FAILED",
      `the key ${JSON.stringify(key)} is reserved: directory stores keep their own files below it`,
      { disposition: "bug" },
    );
  }
  return join(layout.root, key);
}

export function isReserved(key: string): boolean {
  return key === reservedKey || key.startsWith(`${reservedKey}/`);
}

export function infoPathOfKey(layout: Layout, key: string): string {
  return join(layout.info, `${createHash("sha256").update(key).digest("hex")}.json`);
}

/**
 * Whether the folder of `path` exists. The root itself may be a symbolic link; below it none is
 * followed. Errors: ARK_STORE_DENIED when a link stands in the way, also before a write;
 * ARK_STORE_BUCKET_MISSING when the root is no folder.
 */
export async function hasOwnFolder(layout: Layout, path: string): Promise<boolean> {
  if (!(await rootExists(layout))) return false;
  const segments = relative(layout.root, dirname(path)).split("/");
  let folder = layout.root;
  for (const segment of segments) {
    if (segment === "") continue;
    folder = join(folder, segment);
    const kind = await kindOf(folder);
    if (kind === "link") throw throughLink(folder);
    if (kind !== "folder") return false;
  }
  return true;
}

async function rootExists({ root }: Layout): Promise<boolean> {
  try {
    if ((await stat(root)).isDirectory()) return true;
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return false;
    if (errnoOf(thrown) !== "ENOTDIR") throw thrown;
  }
  throw new ArkError("ARK_STORE_BUCKET_MISSING", `${JSON.stringify(root)} is not a directory`, {
    advice: "a file is in the way; choose another path for this location",
  });
}

async function kindOf(path: string): Promise<"folder" | "link" | "other"> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return "link";
    return found.isDirectory() ? "folder" : "other";
  } catch (thrown) {
    if (isAbsent(thrown)) return "other";
    throw thrown;
  }
}

function throughLink(folder: string): ArkError {
  return new ArkError("ARK_STORE_DENIED", `${JSON.stringify(folder)} is a symbolic link`, {
    advice: "symbolic links inside a location are not followed; replace it by a folder",
  });
}
