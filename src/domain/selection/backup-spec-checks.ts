import type { BackupSpec } from "../../api/backup.ts";
import { hookViolations } from "../hooks/hook-spec-checks.ts";
import { namespacePatternProblem } from "./namespace-filter.ts";
import { usesGlobalFilter } from "./resource-filter.ts";

/** One thing that is wrong with a spec, in a sentence. */
export type Violation = string;
type Check = (spec: BackupSpec) => readonly Violation[];

/** Add a rule here; nothing else changes. Order is the order users read (velero-features 3.1). */
const checks: readonly Check[] = [
  oneFilterStyle,
  (spec) => plainLists("namespaces", spec.includedNamespaces, spec.excludedNamespaces),
  (spec) => plainLists("resources", spec.includedResources, spec.excludedResources),
  (spec) =>
    scopedLists(
      "cluster-scoped resources",
      spec.includedClusterScopedResources,
      spec.excludedClusterScopedResources,
    ),
  (spec) =>
    scopedLists(
      "namespace-scoped resources",
      spec.includedNamespaceScopedResources,
      spec.excludedNamespaceScopedResources,
    ),
  namespacePatterns,
  oneSelectorStyle,
  policyReference,
  hookViolations,
];

export function checkBackupSpec(spec: BackupSpec): readonly Violation[] {
  return checks.flatMap((check) => check(spec));
}

function oneFilterStyle(spec: BackupSpec): readonly Violation[] {
  const scoped = [
    spec.includedClusterScopedResources,
    spec.excludedClusterScopedResources,
    spec.includedNamespaceScopedResources,
    spec.excludedNamespaceScopedResources,
  ].some((list) => (list ?? []).length > 0);
  return scoped && usesGlobalFilter(spec)
    ? [
        "the four cluster- and namespace-scoped resource lists cannot be used together with include-resources, exclude-resources or include-cluster-resources",
      ]
    : [];
}

function oneSelectorStyle(spec: BackupSpec): readonly Violation[] {
  return spec.labelSelector !== undefined && (spec.orLabelSelectors ?? []).length > 0
    ? ["a selector and or-selectors cannot be used together"]
    : [];
}

function policyReference({ resourcePolicy }: BackupSpec): readonly Violation[] {
  if (resourcePolicy === undefined || resourcePolicy.kind.toLowerCase() === "configmap") return [];
  return [
    `resource policies are in a ConfigMap, and the kind of their reference is ${JSON.stringify(resourcePolicy.kind)}`,
  ];
}

function overlap(
  what: string,
  includes: readonly string[],
  excludes: readonly string[],
): Violation[] {
  return excludes
    .filter((item) => includes.includes(item))
    .map((item) => `${what}: ${JSON.stringify(item)} is both included and excluded`);
}

function plainLists(
  what: string,
  includes: readonly string[] = [],
  excludes: readonly string[] = [],
): readonly Violation[] {
  const found: Violation[] = [];
  if (includes.length > 1 && includes.includes("*"))
    found.push(`${what}: the include list has "*" beside other items; "*" stands alone`);
  if (excludes.includes("*")) found.push(`${what}: the exclude list cannot contain "*"`);
  return [...found, ...overlap(what, includes, excludes)];
}

function scopedLists(
  what: string,
  includes: readonly string[] = [],
  excludes: readonly string[] = [],
): readonly Violation[] {
  const found: Violation[] = [];
  if (includes.length > 1 && includes.includes("*"))
    found.push(`${what}: the include list has "*" beside other items; "*" stands alone`);
  if (excludes.length > 1 && excludes.includes("*"))
    found.push(`${what}: the exclude list has "*" beside other items; "*" stands alone`);
  if (includes.length > 0 && excludes.includes("*"))
    found.push(`${what}: everything is excluded, so nothing can be included`);
  return [...found, ...overlap(what, includes, excludes)];
}

function namespacePatterns(spec: BackupSpec): readonly Violation[] {
  return [...(spec.includedNamespaces ?? []), ...(spec.excludedNamespaces ?? [])].flatMap(
    (pattern) => {
      if (pattern === "*") return [];
      const problem = namespacePatternProblem(pattern);
      return problem === undefined ? [] : [`namespaces: ${JSON.stringify(pattern)} ${problem}`];
    },
  );
}
