import { invalid, parseResourcePolicies } from "./parse-policies.ts";
import type { ResourcePolicies } from "./resource-policies.ts";

/**
 * Reads resource policies for a restore, which knows the filters of single kinds only, as in Velero
 * 1.18.3. `where` says whose they are: `file p.yaml`. Errors: ARK_POLICY_INVALID.
 */
export function parseRestorePolicies(source: string, where: string): ResourcePolicies {
  const rules = parseResourcePolicies(source, where);
  const problems = [
    ...(rules.volumePolicies.length > 0
      ? ["volumePolicies are for backups: a restore cannot have them"]
      : []),
    ...(rules.includeExcludePolicy === undefined
      ? []
      : [
          "includeExcludePolicy is for backups: a restore has include-resources and exclude-resources",
        ]),
  ];
  if (problems.length > 0) throw invalid(where, problems);
  return rules;
}
