import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, copyFile, mkdir, realpath, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ArkError } from "../../lib/errors.ts";

export interface KeptProgram {
  readonly path: string;
  readonly action: "add" | "change" | "leave";
}

/**
 * Copies an executable into the folder of plugins, whole or not at all; the same bytes once more
 * are left alone. `pid` tells unfinished copies of several commands apart. Errors: ARK_PLUGIN_START.
 */
export async function keepProgram(from: string, folder: string, pid: number): Promise<KeptProgram> {
  const path = join(folder, basename(from));
  const unfinished = join(folder, `.${basename(from)}.${pid}`);
  try {
    await mkdir(folder, { recursive: true });
    const before = await digestOf(path);
    if (before !== undefined && before === (await digestOf(from))) {
      if ((await realpath(path)) !== (await realpath(from))) await chmod(path, 0o755);
      return { path, action: "leave" };
    }
    try {
      await copyFile(from, unfinished);
      await chmod(unfinished, 0o755);
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
    return { path, action: before === undefined ? "add" : "change" };
  } catch (thrown) {
    throw notKept(`${from} could not be put into the folder of plugins ${folder}`, thrown);
  }
}

/** Takes a file out of the folder; answers false where there is none. Errors: ARK_PLUGIN_START. */
export async function dropProgram(name: string, folder: string): Promise<boolean> {
  const path = join(folder, name);
  try {
    await rm(path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw notKept(`${path} could not be removed`, thrown);
  }
}

const notKept = (message: string, cause: unknown): ArkError =>
  new ArkError("ARK_PLUGIN_START", message, {
    answer: (cause as Error).message,
    advice: "name a folder that you may write to: --plugin-dir DIR, or ARKTS_PLUGIN_DIR",
    cause,
  });

/** SHA-256 of a file; undefined where there is none. */
async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
  return hash.digest("hex");
}
