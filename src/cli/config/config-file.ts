import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ArkError } from "../../lib/errors.ts";
import { type CliConfig, decodeConfig, emptyConfig } from "./cli-config.ts";

const fileOf = (dir: string): string => join(dir, "config.json");

/** A missing file is an empty configuration. Errors: ARK_CONFIG_INVALID. */
export async function readConfig(dir: string): Promise<CliConfig> {
  const path = fileOf(dir);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return emptyConfig;
    throw new ArkError("ARK_CONFIG_INVALID", `the configuration file "${path}" cannot be read`, {
      answer: (error as Error).message,
      cause: error,
    });
  }
  return decodeConfig(text, path);
}

/**
 * Reads, changes and writes: whole or not at all (a temporary file, fsync, rename), the folder
 * for the user alone (0700), the file too (0600). Errors: ARK_CONFIG_INVALID.
 */
export async function changeConfig(
  dir: string,
  change: (config: CliConfig) => CliConfig,
): Promise<CliConfig> {
  const changed = change(await readConfig(dir));
  const path = fileOf(dir);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(changed, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new ArkError("ARK_CONFIG_INVALID", `the configuration file "${path}" cannot be written`, {
      answer: (error as Error).message,
      advice: "make the folder writable, or name another with --config-dir",
      cause: error,
    });
  }
  return changed;
}
