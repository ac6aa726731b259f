import { annotations } from "../api/labels.ts";
import type { RestoreSpec } from "../api/restore.ts";
import { parseObjectTerms } from "../domain/restore/object-terms.ts";
import type { ExistingPolicy } from "../domain/restore/restore-options.ts";
import type { IndexLine } from "../format/index-line.ts";
import { given, operationTimeoutOfFlags, selectorsOfFlags } from "./backup-spec-of-flags.ts";
import { modifierConfigMapOfFlags } from "./changes-of-flags.ts";
import type { FlagValues } from "./flag-values.ts";
import { policyConfigMapOfFlags } from "./policies-of-flags.ts";
import { usageError } from "./usage-error.ts";

/**
 * The spec that the flags of `restore create` and `restore plan` ask for, as Velero's command would write it.
 * Errors: ARK_USAGE.
 */
export function restoreSpecOfFlags(flags: FlagValues): RestoreSpec {
  const source = {
    ...given("backupName", flags.text("from-backup")),
    ...given("scheduleName", flags.text("from-schedule")),
  };
  if (Object.keys(source).length === 0) {
    throw usageError("a restore needs --from-backup NAME", "ark-ts backup get lists the backups");
  }
  if (Object.keys(source).length === 2) {
    throw usageError("--from-backup and --from-schedule cannot be used together");
  }
  noOverlap("namespaces", flags.list("include-namespaces"), flags.list("exclude-namespaces"));
  noOverlap("resources", flags.list("include-resources"), flags.list("exclude-resources"));
  const policy = flags.text("existing-resource-policy") as ExistingPolicy | undefined;
  return {
    ...source,
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
    // Velero has no word for recreate: see optionsOfFlags.
    ...given("existingResourcePolicy", policy === "recreate" ? undefined : policy),
    ...given("itemOperationTimeout", operationTimeoutOfFlags(flags)),
    ...given("resourceModifier", resourceModifier(flags)),
    ...given("resourcePolicy", resourcePolicy(flags)),
    ...given("uploaderConfig", uploaderConfig(flags)),
  };
}

/** The spec of a restore of one object and nothing that it refers to. Errors: ARK_USAGE. */
export function objectSpecOfFlags(
  flags: FlagValues,
  object: Pick<IndexLine, "resource" | "namespace" | "name">,
): RestoreSpec {
  const { resource, name } = object;
  if (/[*?[\]{},]/.test(name)) {
    throw usageError(`${resource}/${name}: this name cannot be selected alone`);
  }
  const source = resource === "namespaces" ? name : object.namespace;
  const target = flags.text("to-namespace");
  if (target !== undefined && source === undefined) {
    throw usageError(`--to-namespace has no effect: ${resource}/${name} is in no namespace`);
  }
  const policy = flags.text("existing-resource-policy") as ExistingPolicy | undefined;
  return {
    backupName: flags.text("from-backup") ?? "",
    includedNamespaces: object.namespace === undefined ? ["*"] : [object.namespace],
    includedResources: [resource],
    ...(target !== undefined && source !== undefined && target !== source
      ? { namespaceMapping: { [source]: target } }
      : {}),
    ...given("existingResourcePolicy", policy === "recreate" ? undefined : policy),
  };
}

/** As Velero's command writes it; the namespace, if one was typed, is told apart. */
function resourceModifier(flags: FlagValues): RestoreSpec["resourceModifier"] {
  const configMap = modifierConfigMapOfFlags(flags);
  return configMap && { apiGroup: "", kind: "configmap", name: configMap.name };
}

function resourcePolicy(flags: FlagValues): RestoreSpec["resourcePolicy"] {
  const configMap = policyConfigMapOfFlags(flags);
  return configMap && { kind: "configmap", name: configMap.name };
}

function uploaderConfig(flags: FlagValues): RestoreSpec["uploaderConfig"] {
  const writeSparseFiles = flags.boolean("write-sparse-files");
  const parallelFilesDownload = flags.integer("parallel-files-download");
  if (writeSparseFiles === undefined && parallelFilesDownload === undefined) return undefined;
  if ((parallelFilesDownload ?? 0) < 0) {
    throw usageError(`--parallel-files-download=${parallelFilesDownload}: cannot be negative`);
  }
  return {
    ...given("writeSparseFiles", writeSparseFiles),
    ...given("parallelFilesDownload", parallelFilesDownload),
  };
}

/** What Velero's spec has no field for, as annotations of the Restore. Errors: ARK_USAGE. */
export function optionsOfFlags(flags: FlagValues): Readonly<Record<string, string>> {
  const isRecreate = flags.text("existing-resource-policy") === "recreate";
  const recreateObjects = objectTerms(flags, "recreate-objects");
  if (recreateObjects !== undefined && !isRecreate) {
    throw usageError(
      "--recreate-objects has no effect without --existing-resource-policy recreate",
    );
  }
  return {
    ...given(annotations.existingResourcePolicy, isRecreate ? "recreate" : undefined),
    ...given(annotations.prune, flags.boolean("prune") === true ? "true" : undefined),
    ...given(annotations.includeObjects, objectTerms(flags, "include-objects")),
    ...given(annotations.recreateObjects, recreateObjects),
  };
}

function objectTerms(flags: FlagValues, flag: string): string | undefined {
  const list = flags.list(flag)?.join(",");
  const [problem] = parseObjectTerms(list ?? "").problems;
  if (problem === undefined) return list;
  throw usageError(
    `--${flag}: ${JSON.stringify(problem)} is not KIND/NAME or KIND/NAMESPACE/NAME`,
    "such as deployments/web or secrets/shop/tls",
  );
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
