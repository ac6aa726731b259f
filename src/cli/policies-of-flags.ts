import type { RuleSource } from "../domain/rule-source.ts";
import type { FlagValues } from "./flag-values.ts";
import { configMapOfFlag, ruleSourceOfFlags } from "./rule-source-of-flags.ts";

const policyFlags = {
  configMapFlag: "resource-policies-configmap",
  fileFlag: "resource-policies-file",
};

/** `[NAMESPACE/]NAME` of --resource-policies-configmap; undefined: the flag was not typed. */
export const policyConfigMapOfFlags = (flags: FlagValues) =>
  configMapOfFlag(flags, policyFlags.configMapFlag);

/**
 * Resource policies that the flags name; `namespace` is that of a ConfigMap named without one.
 * A file is read and checked at once, as `purpose` knows policies: a restore knows fewer. Errors:
 * ARK_USAGE, ARK_POLICY_INVALID.
 */
export async function policiesOfFlags(
  flags: FlagValues,
  defaults: { readonly cwd: string; readonly namespace: string },
  purpose: "backup" | "restore" = "backup",
): Promise<RuleSource | undefined> {
  return await ruleSourceOfFlags(flags, policyFlags, defaults, async (text, path) => {
    if (purpose === "restore") {
      const { parseRestorePolicies } = await import("../domain/policies/restore-policies.ts");
      parseRestorePolicies(text, `file ${path}`);
    } else {
      const { parseResourcePolicies } = await import("../domain/policies/parse-policies.ts");
      parseResourcePolicies(text, `file ${path}`);
    }
  });
}
