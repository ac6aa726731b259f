import { annotations } from "../../api/labels.ts";
import type { RestoreSpec } from "../../api/restore.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { restoreHookViolations } from "../hooks/parse-restore-hooks.ts";
import { namespacePatternProblem } from "../selection/namespace-filter.ts";
import { neverRestored } from "./rule-table.ts";

type Check = (spec: RestoreSpec) => readonly string[];

/** Add a rule here; nothing else changes. Order is the order users read (velero-features 4.1). */
const checks: readonly Check[] = [
  exactlyOneSource,
  (spec) => plainLists("namespaces", spec.includedNamespaces, spec.excludedNamespaces),
  (spec) => plainLists("resources", spec.includedResources, spec.excludedResources),
  namespacePatterns,
  nothingUnrestorable,
  oneSelectorStyle,
  knownPolicy,
  namespaceTargets,
  restoreHookViolations,
  policyReference,
  settingsOfData,
];

/** Sentences, all at once; none when the spec can be run. */
export function checkRestoreSpec(spec: RestoreSpec): readonly string[] {
  return checks.flatMap((check) => check(spec));
}

function exactlyOneSource(spec: RestoreSpec): readonly string[] {
  const named = (spec.backupName ?? "") !== "";
  const scheduled = (spec.scheduleName ?? "") !== "";
  if (named && scheduled) return ["a backup and a schedule cannot both be the source"];
  return named ? [] : ["a backup must be named"];
}

function plainLists(
  what: string,
  includes: readonly string[] = [],
  excludes: readonly string[] = [],
): readonly string[] {
  const found: string[] = [];
  if (includes.length > 1 && includes.includes("*"))
    found.push(`${what}: the include list has "*" beside other items; "*" stands alone`);
  if (excludes.includes("*")) found.push(`${what}: the exclude list cannot contain "*"`);
  for (const item of excludes) {
    if (includes.includes(item))
      found.push(`${what}: ${JSON.stringify(item)} is both included and excluded`);
  }
  return found;
}

function namespacePatterns(spec: RestoreSpec): readonly string[] {
  return [...(spec.includedNamespaces ?? []), ...(spec.excludedNamespaces ?? [])].flatMap(
    (pattern) => {
      const problem = pattern === "*" ? undefined : namespacePatternProblem(pattern);
      return problem === undefined ? [] : [`namespaces: ${JSON.stringify(pattern)} ${problem}`];
    },
  );
}

function nothingUnrestorable(spec: RestoreSpec): readonly string[] {
  return (spec.includedResources ?? [])
    .filter((term) => neverRestored.includes(term.toLowerCase()))
    .map((term) => `resources: ${term} are never restored`);
}

function oneSelectorStyle(spec: RestoreSpec): readonly string[] {
  return spec.labelSelector !== undefined && (spec.orLabelSelectors ?? []).length > 0
    ? ["a selector and or-selectors cannot be used together"]
    : [];
}

const howToRecreate = `that one is asked for with the annotation ${annotations.existingResourcePolicy}: recreate, which ark-ts restore create --existing-resource-policy recreate sets`;

function knownPolicy(spec: RestoreSpec): readonly string[] {
  const policy: string = spec.existingResourcePolicy ?? "";
  if (["", "none", "update"].includes(policy)) return [];
  const known = `the policy for existing resources is none or update, not ${JSON.stringify(policy)}`;
  return [policy === "recreate" ? `${known}; ${howToRecreate}` : known];
}

function policyReference({ resourcePolicy }: RestoreSpec): readonly string[] {
  if (resourcePolicy === undefined || resourcePolicy.kind.toLowerCase() === "configmap") return [];
  const kind = JSON.stringify(resourcePolicy.kind);
  return [`resource policies are in a ConfigMap, and the kind of their reference is ${kind}`];
}

function settingsOfData(spec: RestoreSpec): readonly string[] {
  const { itemOperationTimeout: timeout = "", uploaderConfig } = spec;
  const isDuration = timeout === "" || (goDurationMs(timeout) ?? -1) >= 0;
  return [
    ...(isDuration
      ? []
      : [`the item operation timeout ${JSON.stringify(timeout)} is not a duration such as 4h`]),
    ...((uploaderConfig?.parallelFilesDownload ?? 0) < 0
      ? ["parallel-files-download cannot be negative"]
      : []),
  ];
}

function namespaceTargets(spec: RestoreSpec): readonly string[] {
  return Object.entries(spec.namespaceMapping ?? {}).flatMap(([from, to]) =>
    [from, to]
      .filter((name) => !/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      .map((name) => `namespace mapping: ${JSON.stringify(name)} is not the name of a namespace`),
  );
}
