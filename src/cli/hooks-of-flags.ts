import type { BackupHooks } from "../api/backup.ts";
import type { RestoreHooks } from "../api/restore.ts";
import { parseHooks } from "../domain/hooks/parse-hooks.ts";
import { parseRestoreHooks } from "../domain/hooks/parse-restore-hooks.ts";
import { readFlagFile } from "./flag-file.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

const flag = "hooks-file";

/** The hooks of the file that --hooks-file names; undefined: it was not typed. Errors: ARK_USAGE. */
export async function hooksOfFlags(
  flags: FlagValues,
  cwd: string,
): Promise<BackupHooks | undefined> {
  const given = await readHooks(flags, cwd);
  return given && parseHooks(given.value, `file ${given.path}`);
}

/** The same for a restore. */
export async function restoreHooksOfFlags(
  flags: FlagValues,
  cwd: string,
): Promise<RestoreHooks | undefined> {
  const given = await readHooks(flags, cwd);
  return given && parseRestoreHooks(given.value, `file ${given.path}`);
}

async function readHooks(flags: FlagValues, cwd: string) {
  const path = flags.text(flag);
  if (path === undefined) return undefined;
  const text = await readFlagFile(flag, path, cwd);
  return { path, value: await parseYaml(text, path) };
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  const { load } = await import("js-yaml");
  try {
    return load(text);
  } catch (cause) {
    const [reason = ""] = (cause as Error).message.split("\n");
    throw usageError(`--${flag}=${path}: neither YAML nor JSON: ${reason}`);
  }
}
