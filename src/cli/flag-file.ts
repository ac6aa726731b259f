import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { type JsonValue, parseJson } from "../lib/json-text.ts";
import { usageError } from "./usage-error.ts";

/** A path as it was typed; a relative one counts from the working directory. */
export function typedPath(path: string, cwd: string): string {
  return isAbsolute(path) ? path : join(cwd, path);
}

/** The text of the file that `--flag=path` names. Errors: ARK_USAGE. */
export async function readFlagFile(flag: string, path: string, cwd: string): Promise<string> {
  try {
    return await readFile(typedPath(path, cwd), "utf8");
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const problem =
      code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code})`;
    throw usageError(
      `--${flag}=${path}: ${problem}`,
      isAbsolute(path) ? "look at the path" : `look at the path: it counts from ${cwd}`,
    );
  }
}

/** What the file says in YAML or JSON, as JSON has it. Errors: ARK_USAGE. */
export async function readFlagDocument(
  flag: string,
  path: string,
  cwd: string,
): Promise<JsonValue | undefined> {
  const text = await readFlagFile(flag, path, cwd);
  const { load } = await import("js-yaml");
  try {
    const json = JSON.stringify(load(text));
    return json === undefined ? undefined : parseJson(json);
  } catch (cause) {
    const [reason = ""] = (cause as Error).message.split("\n");
    throw usageError(`--${flag}=${path}: neither YAML nor JSON: ${reason}`);
  }
}
