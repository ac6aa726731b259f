import type { GroupResource } from "../api/resource-kind.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RestoreChanges } from "../domain/restore/changes.ts";
import { matchesObjectTerm } from "../domain/restore/object-terms.ts";
import { reasonsNeverRestored } from "../domain/restore/rule-table.ts";
import type { RestoreSelection } from "../domain/restore/selection.ts";
import type { VolumeFate } from "../domain/restore/volume-fate.ts";
import type { IndexLine } from "../format/index-line.ts";
import { objectKey } from "./apply/object-key.ts";
import type { TargetKinds } from "./survey/target-kinds.ts";

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

export interface PlannedKind {
  readonly resource: GroupResource;
  /** `apiVersion` of the first object; all of one kind agree unless Velero wrote the archive. */
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Objects by target namespace; cluster-scoped ones under the empty text. */
  readonly perNamespace: ReadonlyMap<string, number>;
}

/**
 * What a restore will look at, as counts and names of kinds and namespaces: small however many
 * objects there are. Made before the first write.
 */
export interface RestorePlan {
  readonly selection: RestoreSelection;
  /** What the user wants changed on the way into the target. */
  readonly changes: RestoreChanges;
  /** Keys (see object-key.ts) of objects that others refer to. */
  readonly pulledIn: ReadonlySet<string>;
  readonly volumes: ReadonlyMap<string, VolumeFate>;
  readonly restoredJobs: ReadonlySet<string>;
  readonly kinds: ReadonlyMap<GroupResource, PlannedKind>;
  /** Namespace in the backup, by the target namespace that must be there. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly totalItems: number;
  /** Objects of kinds that are never restored, which the filters would take. */
  readonly neverRestored: ReadonlyMap<GroupResource, number>;
  /** Objects of the whole backup. */
  readonly backupItems: number;
  /** Custom resource definitions that the backup holds, by name. */
  readonly definitions: ReadonlySet<string>;
}

export interface PlanInput {
  readonly backup: OpenedBackup;
  readonly selection: RestoreSelection;
  readonly changes: RestoreChanges;
  readonly pulledIn: ReadonlySet<string>;
  readonly volumes: ReadonlyMap<string, VolumeFate>;
  readonly restoredJobs: ReadonlySet<string>;
  readonly target: Pick<TargetKinds, "versions">;
  /** A definition that this run may have made already is planned as if it were not there. */
  readonly wasMade: (definition: string) => boolean;
}

interface Counting {
  readonly resource: GroupResource;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly perNamespace: Map<string, number>;
}

/** One pass over the index. */
export async function planRestore(input: PlanInput, signal: AbortSignal): Promise<RestorePlan> {
  const { selection } = input;
  const kinds = new Map<GroupResource, Counting>();
  const namespaces = new Map<string, string>();
  const knownDefinitions = new Map<string, IndexLine>();
  const never = new Map<GroupResource, number>();
  let totalItems = 0;
  let backupItems = 0;
  for await (const line of input.backup.index(signal)) {
    backupItems += 1;
    if (line.resource === definitions) knownDefinitions.set(line.name, line);
    if (isTakenButNever(selection, line)) {
      never.set(line.resource, (never.get(line.resource) ?? 0) + 1);
    }
    if (!isPlanned(input, line)) continue;
    totalItems += 1;
    count(kinds, line, selection);
    if (line.namespace !== undefined) {
      addTarget(namespaces, selection.mapNamespace(line.namespace), line.namespace);
    } else if (line.resource === "namespaces") {
      addTarget(namespaces, selection.mapNamespace(line.name), line.name);
    }
  }
  const pulledIn = new Set(input.pulledIn);
  for (const resource of kinds.keys()) {
    const definition = knownDefinitions.get(resource);
    if (definition === undefined) continue;
    if (input.target.versions(resource).length > 0 && !input.wasMade(resource)) continue;
    if (isPlanned(input, definition) || !selection.mayPullIn(definitions, "")) continue;
    pulledIn.add(objectKey(definitions, "", resource));
    totalItems += 1;
    count(kinds, definition, selection);
  }
  const { changes, volumes, restoredJobs } = input;
  return {
    selection,
    changes,
    pulledIn,
    volumes,
    restoredJobs,
    kinds,
    namespaces,
    totalItems,
    neverRestored: never,
    backupItems,
    definitions: new Set(knownDefinitions.keys()),
  };
}

function isTakenButNever(selection: RestoreSelection, line: IndexLine): boolean {
  const { resource, namespace, name } = line;
  if (!reasonsNeverRestored.has(resource)) return false;
  const { includeTerms, objectTerms } = selection;
  const isAsked =
    includeTerms.length === 0 || includeTerms.some(({ selected }) => selected.includes(resource));
  const isNamed =
    objectTerms.length === 0 ||
    objectTerms.some((term) => matchesObjectTerm(term, resource, namespace ?? "", name));
  if (!isAsked || !isNamed) return false;
  return namespace === undefined
    ? selection.allClusterScoped
    : selection.includesNamespace(namespace);
}

/** Taken by the filters (labels are asked when the bytes are read) or by reference. */
export function isPlanned(
  plan: Pick<RestorePlan, "selection" | "pulledIn">,
  line: Pick<IndexLine, "resource" | "namespace" | "name">,
): boolean {
  const namespace = line.namespace ?? "";
  return (
    plan.selection.includes(line.resource, namespace, line.name) ||
    plan.pulledIn.has(objectKey(line.resource, namespace, line.name))
  );
}

function count(
  kinds: Map<GroupResource, Counting>,
  line: IndexLine,
  selection: RestoreSelection,
): void {
  let kind = kinds.get(line.resource);
  if (kind === undefined) {
    kind = {
      resource: line.resource,
      version: line.version,
      kind: line.kind,
      namespaced: line.namespace !== undefined,
      perNamespace: new Map(),
    };
    kinds.set(line.resource, kind);
  }
  const target = line.namespace === undefined ? "" : selection.mapNamespace(line.namespace);
  kind.perNamespace.set(target, (kind.perNamespace.get(target) ?? 0) + 1);
}

/** Of several namespaces that become one, the first gives its labels. */
function addTarget(namespaces: Map<string, string>, target: string, source: string): void {
  if (!namespaces.has(target)) namespaces.set(target, source);
}
