import type { RuleSource } from "../domain/rule-source.ts";
import type { FlagValues } from "./flag-values.ts";
import { ruleSourceOfFlags } from "./rule-source-of-flags.ts";
import { usageError } from "./usage-error.ts";

const priorityFlags = {
  configMapFlag: "version-priorities-configmap",
  fileFlag: "version-priorities-file",
};

/**
 * The order of versions that the flags name; `namespace` is that of a ConfigMap named without one.
 * A file is read and checked at once. Errors: ARK_USAGE.
 */
export async function versionPrioritiesOfFlags(
  flags: FlagValues,
  defaults: { readonly cwd: string; readonly namespace: string },
): Promise<RuleSource | undefined> {
  return await ruleSourceOfFlags(flags, priorityFlags, defaults, async (text, path) => {
    const { parseVersionPriorities } = await import("../domain/restore/choose-version.ts");
    const [unread] = parseVersionPriorities(text).unread;
    if (unread === undefined) return;
    throw usageError(
      `--${priorityFlags.fileFlag}=${path}: the line ${JSON.stringify(unread)} says nothing`,
      "write RESOURCE.GROUP=VERSION,VERSION on each line, as in bands.music.example.io=v2,v1",
    );
  });
}
