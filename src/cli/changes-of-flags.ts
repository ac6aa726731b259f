import { annotations } from "../api/labels.ts";
import { mappingsOfAnnotations } from "../domain/restore/mappings/mappings-of-annotations.ts";
import type { RuleSource } from "../domain/rule-source.ts";
import type { FlagValues } from "./flag-values.ts";
import { configMapOfFlag, ruleSourceOfFlags } from "./rule-source-of-flags.ts";

const modifierFlags = {
  configMapFlag: "resource-modifier-configmap",
  fileFlag: "resource-modifier-file",
};

/** `[NAMESPACE/]NAME` of --resource-modifier-configmap; undefined: the flag was not typed. */
export const modifierConfigMapOfFlags = (flags: FlagValues) =>
  configMapOfFlag(flags, modifierFlags.configMapFlag);

/**
 * Resource modifiers that the flags name; `namespace` is that of a ConfigMap named without one.
 * A file is read and checked at once. Errors: ARK_USAGE, ARK_MODIFIER_INVALID.
 */
export async function modifiersOfFlags(
  flags: FlagValues,
  defaults: { readonly cwd: string; readonly namespace: string },
): Promise<RuleSource | undefined> {
  return await ruleSourceOfFlags(flags, modifierFlags, defaults, async (text, path) => {
    const { parseModifiers } = await import("../domain/restore/modifiers/parse-modifiers.ts");
    parseModifiers(text, `file ${path}`);
  });
}

/** The annotations by which a Restore carries mappings and `--passive`. Errors: ARK_USAGE. */
export function changeAnnotationsOfFlags(flags: FlagValues): Readonly<Record<string, string>> {
  const typed = [
    [annotations.registryMappings, flags.map("image-registry-mappings")],
    [annotations.storageClassMappings, flags.map("storage-class-mappings")],
    [annotations.hostMappings, flags.map("host-mappings")],
  ] as const;
  const given = Object.fromEntries(
    typed.flatMap(([key, pairs]) => (pairs === undefined ? [] : [[key, sortedJson(pairs)]])),
  );
  mappingsOfAnnotations(given);
  const configs = flags.text("plugin-config-namespace");
  return {
    ...given,
    ...(configs === undefined ? {} : { [annotations.pluginConfigNamespace]: configs }),
    ...(flags.boolean("passive") === true ? { [annotations.passive]: "true" } : {}),
  };
}

function sortedJson(pairs: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}
