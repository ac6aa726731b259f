import type { RestoreSpec } from "../api/restore.ts";
import { given, selectorsOfFlags } from "./backup-spec-of-flags.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

/**
 * The spec that the flags of `restore create` ask for, as Velero's command would write it.
 * Errors: ARK_USAGE.
 */
export function restoreSpecOfFlags(flags: FlagValues): RestoreSpec {
  const backupName = flags.text("from-backup");
  if (backupName === undefined) {
    throw usageError(
      "restore create needs --from-backup NAME",
      "ark-ts backup get lists the backups",
    );
  }
  noOverlap("namespaces", flags.list("include-namespaces"), flags.list("exclude-namespaces"));
  noOverlap("resources", flags.list("include-resources"), flags.list("exclude-resources"));
  const policy = flags.text("existing-resource-policy") as "none" | "update" | undefined;
  return {
    backupName,
    includedNamespaces: flags.list("include-namespaces") ?? ["*"],
    ...given("excludedNamespaces", flags.list("exclude-namespaces")),
    ...given("includedResources", flags.list("include-resources")),
    ...given("excludedResources", flags.list("exclude-resources")),
    ...given("namespaceMapping", flags.map("namespace-mappings")),
    ...selectorsOfFlags(flags),
    ...given("restorePVs", flags.boolean("restore-volumes")),
    ...given("restoreStatus", restoreStatus(flags)),
    ...given("preserveNodePorts", flags.boolean("preserve-nodeports")),
    ...given("includeClusterResources", flags.boolean("include-cluster-resources")),
    ...given("existingResourcePolicy", policy),
  };
}

function noOverlap(
  what: string,
  includes: readonly string[] = [],
  excludes: readonly string[] = [],
): void {
  const both = excludes.find((item) => includes.includes(item));
  if (both !== undefined) throw usageError(`${what}: "${both}" is both included and excluded`);
  if (excludes.includes("*")) throw usageError(`${what}: with * excluded nothing is left`);
  if (includes.length > 1 && includes.includes("*")) {
    throw usageError(`${what}: * is everything and stands alone`);
  }
}

function restoreStatus(flags: FlagValues): RestoreSpec["restoreStatus"] {
  const included = flags.list("status-include-resources");
  const excluded = flags.list("status-exclude-resources");
  if (included === undefined) {
    if (excluded === undefined) return undefined;
    throw usageError("--status-exclude-resources has no effect without --status-include-resources");
  }
  return {
    includedResources: included,
    ...given("excludedResources", excluded),
  };
}
