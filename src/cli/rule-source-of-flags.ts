import type { RuleSource } from "../domain/rule-source.ts";
import { readFlagFile } from "./flag-file.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

/** The two flags that say where rules stand. */
export interface RuleFlags {
  readonly configMapFlag: string;
  readonly fileFlag: string;
}

/** `[NAMESPACE/]NAME` of a flag; undefined: it was not typed. Errors: ARK_USAGE. */
export function configMapOfFlag(
  flags: FlagValues,
  flag: string,
): { readonly namespace?: string; readonly name: string } | undefined {
  const text = flags.text(flag);
  if (text === undefined) return undefined;
  const parts = text.split("/");
  if (parts.length > 2 || parts.includes("")) {
    throw usageError(`--${flag}=${text}: must be the name of a ConfigMap, or NAMESPACE/NAME`);
  }
  const [name = "", namespace] = parts.reverse();
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

/**
 * Where the flags say that rules stand; `namespace` is that of a ConfigMap named without one. A file
 * is read at once, and `check` throws when its text cannot be used. Errors: ARK_USAGE, and those of
 * `check`.
 */
export async function ruleSourceOfFlags(
  flags: FlagValues,
  { configMapFlag, fileFlag }: RuleFlags,
  { cwd, namespace }: { readonly cwd: string; readonly namespace: string },
  check: (text: string, path: string) => Promise<void>,
): Promise<RuleSource | undefined> {
  const path = flags.text(fileFlag);
  const configMap = configMapOfFlag(flags, configMapFlag);
  if (configMap !== undefined) {
    if (path !== undefined)
      throw usageError(`--${configMapFlag} and --${fileFlag} cannot be used together`);
    return { kind: "configmap", namespace, ...configMap };
  }
  if (path === undefined) return undefined;
  const text = await readFlagFile(fileFlag, path, cwd);
  await check(text, path);
  return { kind: "text", where: `file ${path}`, text };
}
