import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ArkError } from "../../lib/errors.ts";
import type { PluginCommand } from "./host-options.ts";

/**
 * Every file below `folder` that may be executed, in order of its path, as Velero finds its
 * plugins. A folder that is not there holds none. Errors: ARK_PLUGIN_START where it cannot be read.
 */
export async function findPrograms(folder: string): Promise<readonly PluginCommand[]> {
  const found: string[] = [];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (await isProgram(path)) found.push(path);
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new ArkError("ARK_PLUGIN_START", `the plugin folder ${folder} could not be read`, {
      answer: (thrown as Error).message,
      cause: thrown,
    });
  }
  return found.sort().map((path) => ({ path, args: [] }));
}

async function isProgram(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => undefined);
  if (file?.isFile() !== true) return false;
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
