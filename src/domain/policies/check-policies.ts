import type { LabelSelector } from "../../api/backup.ts";
import { selectorProblem } from "../label-selector.ts";
import { namespacePatternProblem } from "../selection/namespace-filter.ts";
import { capacityProblem } from "./capacity-range.ts";
import {
  isCatchAll,
  type ResourceFilterEntry,
  type ResourcePolicies,
} from "./resource-policies.ts";

/** One thing that is wrong with policies: a sentence that begins with the field. */
type Violation = string;
type Check = (policies: ResourcePolicies) => readonly Violation[];

/** Add a rule here; nothing else changes. They are those of Velero 1.18.3, all told at once. */
const checks: readonly Check[] = [
  volumeConditions,
  scopedLists,
  clusterScopedFilter,
  namespacedFilters,
  namespacesOnce,
];

export function checkPolicies(policies: ResourcePolicies): readonly Violation[] {
  return checks.flatMap((check) => check(policies));
}

function volumeConditions({ volumePolicies }: ResourcePolicies): readonly Violation[] {
  return volumePolicies.flatMap(({ conditions }, index) => {
    const place = `volumePolicies[${index}].conditions`;
    const found: Violation[] = [];
    const capacity = capacityProblem(conditions.capacity ?? "");
    if (capacity !== undefined) found.push(`${place}.capacity ${capacity}`);
    const { csi } = conditions;
    if (csi?.volumeAttributes !== undefined && (csi.driver ?? "") === "") {
      found.push(`${place}.csi has volumeAttributes, and needs the driver they belong to`);
    }
    return found;
  });
}

function scopedLists({
  includeExcludePolicy: policy = {},
}: ResourcePolicies): readonly Violation[] {
  const pairs = [
    ["ClusterScoped", policy.includedClusterScopedResources, policy.excludedClusterScopedResources],
    [
      "NamespaceScoped",
      policy.includedNamespaceScopedResources,
      policy.excludedNamespaceScopedResources,
    ],
  ] as const;
  return pairs.flatMap(([scope, includes = [], excludes = []]) => {
    const named = (verb: string): string => `includeExcludePolicy.${verb}${scope}Resources`;
    return [
      ...(includes.includes("*") ? [`${named("included")} cannot have "*"`] : []),
      ...(excludes.includes("*") ? [`${named("excluded")} cannot have "*"`] : []),
      ...excludes
        .filter((item) => item !== "*" && includes.includes(item))
        .map((item) => `${named("excluded")} has ${quote(item)}, which is included as well`),
    ];
  });
}

function clusterScopedFilter(policies: ResourcePolicies): readonly Violation[] {
  const policy = policies.clusterScopedFilterPolicy;
  if (policy === undefined) return [];
  const place = "clusterScopedFilterPolicy";
  if (policy.resourceFilters.length === 0) {
    return [`${place}.resourceFilters is empty: leave ${place} out where it filters nothing`];
  }
  const found = policy.resourceFilters.flatMap((entry, index) => [
    ...(isCatchAll(entry)
      ? [`${place}.resourceFilters[${index}].kinds must name kinds: there is no entry for the rest`]
      : []),
    ...entryProblems(entry, `${place}.resourceFilters[${index}]`),
  ]);
  return [...found, ...kindsOnce(policy.resourceFilters, place)];
}

function namespacedFilters({ namespacedFilterPolicies }: ResourcePolicies): readonly Violation[] {
  return namespacedFilterPolicies.flatMap(({ namespaces, resourceFilters }, index) => {
    const place = `namespacedFilterPolicies[${index}]`;
    const found: Violation[] = [];
    if (namespaces.length === 0) found.push(`${place}.namespaces is empty`);
    if (resourceFilters.length === 0) found.push(`${place}.resourceFilters is empty`);
    for (const [at, pattern] of namespaces.entries()) {
      const problem =
        pattern === "" ? "is the name of no namespace" : namespacePatternProblem(pattern);
      if (problem !== undefined)
        found.push(`${place}.namespaces[${at}] ${quote(pattern)} ${problem}`);
    }
    if (resourceFilters.filter(isCatchAll).length > 1) {
      found.push(`${place}.resourceFilters has several entries for the rest, and can have one`);
    }
    for (const [at, entry] of resourceFilters.entries()) {
      const own = `${place}.resourceFilters[${at}]`;
      if (isCatchAll(entry) && hasNames(entry)) {
        found.push(`${own} is for all the rest, and cannot have names or excludedNames`);
      }
      found.push(...entryProblems(entry, own));
    }
    return [...found, ...kindsOnce(resourceFilters, place)];
  });
}

function hasNames({ names = [], excludedNames = [] }: ResourceFilterEntry): boolean {
  return names.length > 0 || excludedNames.length > 0;
}

function kindsOnce(entries: readonly ResourceFilterEntry[], place: string): readonly Violation[] {
  const seen = new Map<string, number>();
  return entries.flatMap(({ kinds }, index) =>
    kinds.flatMap((kind) => {
      const before = seen.get(kind);
      seen.set(kind, index);
      if (kind === "*" || before === undefined) return [];
      const where = `${place}.resourceFilters[${before}] and ${place}.resourceFilters[${index}]`;
      return [`${where} both name kind ${quote(kind)}`];
    }),
  );
}

function namespacesOnce({ namespacedFilterPolicies }: ResourcePolicies): readonly Violation[] {
  const seen = new Map<string, number>();
  return namespacedFilterPolicies.flatMap(({ namespaces }, index) =>
    namespaces.flatMap((pattern) => {
      const before = seen.get(pattern);
      seen.set(pattern, index);
      return before === undefined
        ? []
        : [
            `namespacedFilterPolicies[${before}] and namespacedFilterPolicies[${index}] both name namespace ${quote(pattern)}`,
          ];
    }),
  );
}

function entryProblems(entry: ResourceFilterEntry, place: string): readonly Violation[] {
  const { labelSelector, orLabelSelectors = [], names = [], excludedNames = [] } = entry;
  const found: Violation[] = [];
  if (entry.kinds.includes("*") && !isCatchAll(entry)) {
    found.push(`${place}.kinds has "*" beside others; "*" stands alone`);
  }
  if (isPresent(labelSelector) && orLabelSelectors.length > 0) {
    found.push(`${place} has labelSelector and orLabelSelectors, and can have one of them`);
  }
  const own = labelSelector === undefined ? undefined : selectorProblem(labelSelector);
  if (own !== undefined) found.push(`${place}.labelSelector ${own}`);
  for (const [at, selector] of orLabelSelectors.entries()) {
    const problem = selectorProblem(selector);
    if (problem !== undefined) found.push(`${place}.orLabelSelectors[${at}] ${problem}`);
  }
  const lists = [
    ["names", names],
    ["excludedNames", excludedNames],
  ] as const;
  for (const [key, patterns] of lists) {
    for (const [at, pattern] of patterns.entries()) {
      const problem = namePatternProblem(pattern);
      if (problem !== undefined) found.push(`${place}.${key}[${at}] ${quote(pattern)} ${problem}`);
    }
  }
  return found;
}

/** `{}` selects everything, and counts as no selector. */
export function isPresent(selector: LabelSelector | undefined): selector is LabelSelector {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return Object.keys(matchLabels).length > 0 || matchExpressions.length > 0;
}

function namePatternProblem(pattern: string): string | undefined {
  if (/[{}\\]/.test(pattern)) return "has one of { } \\ which patterns do not know";
  if (/\[\]/.test(pattern)) return "has an empty []";
  const plain = pattern.replace(/\[[^\]]*\]/g, "x");
  if (plain.includes("[") || plain.includes("]")) return "has a [ or ] without its partner";
  return undefined;
}

const quote = (text: string): string => JSON.stringify(text);
