import type { BackupSpec } from "../../api/backup.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { formatLabelSelector } from "../label-selector.ts";
import type { BackupPlan, LeftOutKind } from "../plan.ts";
import type { LoadedPolicies } from "../policies/planned-policies.ts";
import { type FineFilters, takesNowhere } from "./fine-filters.ts";
import { type NamespaceFilter, namespacesToList, resolveNamespaces } from "./namespace-filter.ts";
import { otherVersions } from "./other-versions.ts";
import { planPolicies } from "./plan-policies.ts";
import { relatedKinds } from "./related-kinds.ts";
import {
  type KindSource,
  reasonToLeaveOut,
  resolveResourceFilter,
  wantsGroup,
} from "./resource-filter.ts";

/** Velero backs up only what it could also restore (velero-features 3.2). */
const neededVerbs = ["list", "create", "get", "delete"];

/** They enter a backup only through the CSI actions, whatever is asked (velero-features 3.1). */
const csiSnapshotKinds: ReadonlySet<GroupResource> = new Set([
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
]);

/** One thing that two groups serve: the first group in discovery order is taken (velero-features 3.4). */
const cohabiting: Readonly<Record<string, readonly string[]>> = {
  deployments: ["extensions", "apps"],
  daemonsets: ["extensions", "apps"],
  replicasets: ["extensions", "apps"],
  networkpolicies: ["extensions", "networking.k8s.io"],
  events: ["", "events.k8s.io"],
};

/** The selector of a list that comes whole, as filters of single kinds choose among its items. */
const listOfAll = "";

export interface PlanInput {
  readonly name: string;
  readonly spec: BackupSpec;
  readonly discovered: KindSource;
  /** Names of live namespaces; needed only where globs are to be expanded. */
  readonly activeNamespaces: readonly string[];
  /** Whether the active namespaces are all that there are. Default false: some are not known. */
  readonly knowsAllNamespaces?: boolean;
  /** Namespaces labelled velero.io/exclude-from-backup=true. */
  readonly optedOutNamespaces: readonly string[];
  /** Checked by `policyViolations` already. */
  readonly policies?: LoadedPolicies;
  /** Default false: each kind in one version. */
  readonly allApiVersions?: boolean;
}

/** Decides what a backup lists. Kinds come in discovery order, `extensions` last, namespaces at the end. */
export function planBackup(input: PlanInput): BackupPlan {
  const { spec, policies } = input;
  const namespaces = resolveNamespaces(
    {
      includes: spec.includedNamespaces ?? [],
      excludes: [...(spec.excludedNamespaces ?? []), ...input.optedOutNamespaces],
    },
    input.activeNamespaces,
  );
  const { includeExcludePolicy } = policies?.rules ?? {};
  const resolved = resolveResourceFilter(spec, input.discovered, includeExcludePolicy);
  const known = input.knowsAllNamespaces === true ? input.activeNamespaces : undefined;
  const planned = policies && planPolicies(policies, input.discovered, resolved, known);
  const filters = planned?.itemFilters;
  const kinds: ResourceKind[] = [];
  const leftOut: LeftOutKind[] = [];
  const served = candidates(input.discovered.kinds);
  for (const kind of served) {
    const reason =
      verbReason(kind) ??
      snapshotReason(kind) ??
      reasonToLeaveOut(resolved.filter, kind, namespaces.everything) ??
      (filters && policyReason(kind, filters, namespaces));
    const twin = reason === undefined ? takenTwin(kind, kinds) : undefined;
    if (reason !== undefined) leftOut.push({ resource: groupResource(kind), reason });
    else if (twin !== undefined) leftOut.push(asTwin(kind, twin));
    else kinds.push(kind);
  }
  const related = relatedKinds(
    served.filter((kind) => verbReason(kind) === undefined),
    kinds,
    resolved.filter,
  );
  return {
    name: input.name,
    spec,
    namespaces,
    kinds: namespacesLast(kinds),
    related,
    leftOut,
    selectors: filters === undefined ? selectorsOf(spec) : [listOfAll],
    brokenGroups: input.discovered.brokenGroups.filter((group) =>
      wantsGroup(resolved.filter, group),
    ),
    unknownIncludes: resolved.unknownIncludes,
    unknownExcludes: resolved.unknownExcludes,
    ...(planned === undefined ? {} : { policies: planned }),
    ...(input.allApiVersions === true && {
      otherVersions: otherVersions(
        input.discovered.kinds.filter((kind) => verbReason(kind) === undefined),
        [...kinds, ...related.map(({ kind }) => kind)],
      ),
    }),
  };
}

function candidates(kinds: readonly ResourceKind[]): readonly ResourceKind[] {
  const chosen = onePerResource(kinds);
  return [
    ...chosen.filter((kind) => kind.group !== "extensions"),
    ...chosen.filter((kind) => kind.group === "extensions"),
  ];
}

/**
 * Each kind once: in the version that its group prefers, or, where that version does not have
 * the kind, in the first that has.
 */
function onePerResource(kinds: readonly ResourceKind[]): readonly ResourceKind[] {
  const chosen = new Map<GroupResource, ResourceKind>();
  for (const kind of kinds) {
    const name = groupResource(kind);
    const known = chosen.get(name);
    if (known === undefined || (kind.preferred && !known.preferred)) chosen.set(name, kind);
  }
  return [...chosen.values()];
}

function verbReason(kind: ResourceKind): string | undefined {
  const missing = neededVerbs.filter((verb) => !kind.verbs.includes(verb));
  return missing.length === 0
    ? undefined
    : `the API server does not offer ${missing.join(", ")} for it`;
}

function snapshotReason(kind: ResourceKind): string | undefined {
  return csiSnapshotKinds.has(groupResource(kind))
    ? "volume snapshots enter a backup with their claims only"
    : undefined;
}

function policyReason(
  kind: ResourceKind,
  filters: FineFilters,
  namespaces: NamespaceFilter,
): string | undefined {
  const among = namespacesToList(namespaces);
  if (!kind.namespaced || among === undefined) return undefined;
  return takesNowhere(filters, groupResource(kind), among)
    ? "the resource policies take it from no namespace of the backup"
    : undefined;
}

function takenTwin(kind: ResourceKind, taken: readonly ResourceKind[]): GroupResource | undefined {
  const groups = cohabiting[kind.resource];
  if (groups === undefined || !groups.includes(kind.group)) return undefined;
  const twin = taken.find(
    (other) => other.resource === kind.resource && groups.includes(other.group),
  );
  return twin === undefined ? undefined : groupResource(twin);
}

function asTwin(kind: ResourceKind, twinOf: GroupResource): LeftOutKind {
  const reason = `the same objects are taken as ${twinOf}`;
  return { resource: groupResource(kind), reason, twinOf };
}

function namespacesLast(kinds: readonly ResourceKind[]): readonly ResourceKind[] {
  const isNamespace = (kind: ResourceKind): boolean => groupResource(kind) === "namespaces";
  return [...kinds.filter((kind) => !isNamespace(kind)), ...kinds.filter(isNamespace)];
}

function selectorsOf(spec: BackupSpec): readonly string[] {
  const selectors =
    spec.labelSelector === undefined ? (spec.orLabelSelectors ?? []) : [spec.labelSelector];
  return selectors.map(formatLabelSelector);
}
