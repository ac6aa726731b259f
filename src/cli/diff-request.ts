import type { BackupSpec } from "../api/backup.ts";
import { labels } from "../api/labels.ts";
import type { RestoreSpec } from "../api/restore.ts";
import { backupSide } from "../catalog/diff/backup-side.ts";
import { clusterSide, type KindToList } from "../catalog/diff/cluster-side.ts";
import type { DiffRequest } from "../catalog/diff/diff-backup.ts";
import {
  type DiffScope,
  isInScope,
  type OtherObject,
  type OtherSide,
} from "../catalog/diff/diff-side.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import { noisyKinds } from "../domain/diff/noise.ts";
import { checkTerms } from "../domain/restore/check-terms.ts";
import {
  type RestoreSelection,
  type SelectionInput,
  selectForRestore,
} from "../domain/restore/selection.ts";
import type { Cluster, Discovery } from "../ports/cluster.ts";
import { surveyBackup } from "../restore/survey/survey-backup.ts";
import { given, selectorsOfFlags } from "./backup-spec-of-flags.ts";
import type { FlagValues } from "./flag-values.ts";
import type { TypedObject } from "./object-path.ts";
import { usageError } from "./usage-error.ts";

/** What was typed: a backup, and a cluster or another backup. */
export interface DiffInput {
  readonly backup: OpenedBackup;
  readonly other: { readonly cluster: Cluster } | { readonly backup: OpenedBackup };
  readonly flags: FlagValues;
  readonly object: TypedObject | undefined;
  readonly maxObjects: number;
}

/** Resolves names and filters. Errors: ARK_USAGE; those of discovery and of reading the indexes. */
export async function diffRequestOf(input: DiffInput, signal: AbortSignal): Promise<DiffRequest> {
  const { backup, other, object, maxObjects } = input;
  const spec = specOf(input);
  const survey = await surveyBackup(backup, true, signal);
  const second = "backup" in other ? await surveyBackup(other.backup, true, signal) : undefined;
  const discovery: Discovery =
    "cluster" in other ? await other.cluster.discover({ signal }) : { kinds: [], failures: [] };
  const known = new Set(survey.kinds.map(({ resource }) => resource));
  const more = (second?.kinds ?? []).filter(({ resource }) => !known.has(resource));
  const given: Omit<SelectionInput, "spec"> = {
    served: discovery.kinds,
    brokenGroups: discovery.failures.map(({ group }) => group),
    backedUp: [...survey.kinds, ...more],
    namespaces: [...new Set([...survey.namespaces, ...(second?.namespaces ?? [])])],
  };
  const selection = selectForRestore({ ...given, spec });
  refuseStrayTerms(spec, selection, given);
  const named = new Set(selection.includeTerms.flatMap(({ selected }) => selected));
  const scope: DiffScope = {
    selection,
    object: object && { namespace: object.namespace ?? "", name: object.name },
    leavesOut: (resource) => Object.hasOwn(noisyKinds, resource) && !named.has(resource),
  };
  const captured = selectForRestore({ ...given, spec: captureOf(backup.backup.spec) });
  const sources = sourcesOf(given.namespaces, selection);
  const wouldBeThere = ({ resource, namespace, name, labels: all = {} }: OtherObject): boolean => {
    if (all[labels.excludeFromBackup] === "true") return false;
    if (!captured.includesLabels(resource, namespace, all)) return false;
    const froms = resource === "namespaces" ? sources(name) : sources(namespace);
    return froms.some((from) => {
      const [space, called] = resource === "namespaces" ? ["", from] : [from, name];
      return (
        isInScope(scope, resource, space, called) && captured.includes(resource, space, called)
      );
    });
  };
  const side: OtherSide =
    "backup" in other
      ? backupSide(other.backup, scope)
      : clusterSide({
          cluster: other.cluster,
          discovery,
          kinds: kindsToList(backup, survey.kinds, scope),
          namespaces: placesToList(spec, backup.backup.spec, survey.namespaces, selection),
          object: object && {
            namespace: selection.mapNamespace(object.namespace ?? ""),
            name: object.name,
          },
        });
  return { backup, other: side, scope, wouldBeThere, maxObjects };
}

function specOf({ flags, object, backup }: DiffInput): RestoreSpec {
  const common = {
    backupName: backup.name,
    ...given("namespaceMapping", flags.map("namespace-mappings")),
    ...selectorsOfFlags(flags),
  };
  if (object !== undefined) return { ...common, includedResources: [object.kind] };
  return {
    ...common,
    includedNamespaces: flags.list("include-namespaces") ?? ["*"],
    ...given("excludedNamespaces", flags.list("exclude-namespaces")),
    ...given("includedResources", flags.list("include-resources")),
    ...given("excludedResources", flags.list("exclude-resources")),
    ...given("includeClusterResources", flags.boolean("include-cluster-resources")),
  };
}

/** What a backup would have taken, as far as it can be told from its spec. */
function captureOf(spec: BackupSpec): RestoreSpec {
  const { includedNamespaces, excludedNamespaces, labelSelector, orLabelSelectors } = spec;
  const isScoped = (spec.includedClusterScopedResources ?? []).length > 0;
  const clusterScoped = spec.includeClusterResources ?? (isScoped ? true : undefined);
  return {
    ...given("includedNamespaces", includedNamespaces),
    ...given("excludedNamespaces", excludedNamespaces),
    ...given("labelSelector", labelSelector),
    ...given("orLabelSelectors", orLabelSelectors),
    ...given("includeClusterResources", clusterScoped),
  };
}

function refuseStrayTerms(
  spec: RestoreSpec,
  selection: RestoreSelection,
  { backedUp, namespaces }: Omit<SelectionInput, "spec">,
): void {
  const problems = checkTerms({ spec, selection, kinds: backedUp, namespaces });
  const stray = problems.find(({ severity }) => severity === "error");
  if (stray !== undefined) throw usageError(stray.message, stray.advice);
}

/** Namespaces of the backup that stand in a namespace of the other side. */
function sourcesOf(namespaces: readonly string[], { mapNamespace }: RestoreSelection) {
  const bySource = new Map<string, string[]>();
  for (const name of namespaces) {
    const target = mapNamespace(name);
    bySource.set(target, [...(bySource.get(target) ?? []), name]);
  }
  // A namespace that the backup does not know may be new; one that is mapped away is not itself.
  return (target: string): readonly string[] =>
    bySource.get(target) ?? (mapNamespace(target) === target ? [target] : []);
}

/** Kinds that the backup listed, those without objects included. */
function kindsToList(
  { manifest }: OpenedBackup,
  met: SelectionInput["backedUp"],
  { selection, leavesOut }: DiffScope,
): readonly KindToList[] {
  const kinds: readonly (KindToList & { readonly namespaced: boolean })[] =
    manifest?.kinds ??
    met.map(({ resource, namespaced }) => ({ resource, namespaced, version: "" }));
  return kinds.filter(
    ({ resource, namespaced }) =>
      selection.includesKind(resource) &&
      !leavesOut(resource) &&
      (namespaced || selection.allClusterScoped),
  );
}

/** Undefined: all of them. */
function placesToList(
  spec: RestoreSpec,
  captured: BackupSpec,
  namespaces: readonly string[],
  selection: RestoreSelection,
): readonly string[] | undefined {
  const isAll = (includes: readonly string[] = [], excludes: readonly string[] = []): boolean =>
    excludes.length === 0 && (includes.length === 0 || includes.includes("*"));
  const everywhere =
    isAll(spec.includedNamespaces, spec.excludedNamespaces) &&
    isAll(captured.includedNamespaces, captured.excludedNamespaces) &&
    spec.namespaceMapping === undefined;
  if (everywhere) return undefined;
  const wanted = namespaces.filter((name) => selection.includesNamespace(name));
  return [...new Set(wanted.map((name) => selection.mapNamespace(name)))];
}
