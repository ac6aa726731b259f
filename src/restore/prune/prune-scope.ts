import { annotations, labels } from "../../api/labels.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { isPrunedKind, isSystemNamespace, isToldAsKept } from "../../domain/restore/prune.ts";
import { type ItemFacts, itemRules } from "../../domain/selection/item-verdict.ts";
import { includesNamespace } from "../../domain/selection/namespace-filter.ts";
import { planBackup } from "../../domain/selection/plan-backup.ts";
import type { Manifest } from "../../format/manifest.ts";
import { ArkError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { readObject } from "../apply/read-object.ts";
import type { Planner } from "../plan/assess-all.ts";
import { listTarget } from "../plan/list-target.ts";
import { labelsOf } from "../survey/survey-references.ts";

/** Where a restore may remove what the backup does not have. */
export interface PruneScope {
  /** Those too of which nothing is removed, to be told. */
  readonly kinds: readonly PruneKind[];
  /** Namespaces of the target, each with those of the backup that it stands for. */
  readonly namespaces: ReadonlyMap<string, readonly string[]>;
  /** The backup would have taken such an object, and the restore would have restored it. */
  wouldBeThere(resource: GroupResource, item: ItemFacts): boolean;
}

export interface PruneKind {
  readonly resource: GroupResource;
  /** In the version that is served. */
  readonly kind: ResourceKind;
}

/**
 * Asks the backup's own rules again what it would have taken. Errors: ARK_NOT_PRUNED, where they
 * cannot be asked; those of reading the index.
 */
export async function openPruneScope(run: Planner, signal: AbortSignal): Promise<PruneScope> {
  const { backup, plan, target } = run;
  const manifest = manifestToAsk(run);
  const { selection } = plan;
  const sources = await sourcesOf(run, signal);
  const { spec } = backup.backup;
  const discovered = { kinds: target.served, brokenGroups: target.brokenGroups };
  const taken = planBackup({
    ...{ name: backup.name, spec, discovered },
    activeNamespaces: [...sources.values()].flat(),
    optedOutNamespaces: [],
  });
  const listed = new Map(manifest.kinds.map(({ resource, version }) => [resource, version]));
  const kinds = taken.kinds.flatMap((kind): readonly PruneKind[] => {
    const resource = groupResource(kind);
    const version = listed.get(resource);
    if (version === undefined) return [];
    if (!isPrunedKind(resource) && !isToldAsKept(resource)) return [];
    if (!selection.includesKind(resource)) return [];
    if (!kind.namespaced && !selection.allClusterScoped) return [];
    return [{ resource, kind: target.find(resource, version) ?? kind }];
  });
  const verdict = itemRules(taken);
  const mayHold = (namespace: string): boolean =>
    !sources.has(namespace) &&
    !isSystemNamespace(namespace) &&
    includesNamespace(taken.namespaces, namespace) &&
    selection.includesNamespace(namespace);
  return {
    kinds,
    namespaces: sources,
    wouldBeThere(resource, item) {
      if (resource === "namespaces" && !mayHold(item.name)) return false;
      const froms = item.namespace === "" ? [""] : (sources.get(item.namespace) ?? []);
      return froms.some((namespace) => {
        const how = { bySelector: false, want: undefined };
        return (
          selection.includes(resource, namespace, item.name) &&
          selection.includesLabels(resource, namespace, item.labels) &&
          verdict(resource, { ...item, namespace }, how) === "taken"
        );
      });
    },
  };
}

/** Errors: ARK_NOT_PRUNED, unless all that the backup should have taken is in it, and known. */
function manifestToAsk({ backup, request, plan }: Planner): Manifest {
  const { manifest } = backup;
  const { metadata, spec, status } = backup.backup;
  const refuse = (why: string): ArkError =>
    new ArkError("ARK_NOT_PRUNED", `backup "${backup.name}" cannot be pruned by: ${why}`, {
      advice: "restore without --prune; ark-ts diff names what the backup does not have",
    });
  if (manifest === undefined) {
    throw refuse("it is not of ark-ts, and does not say which kinds it listed");
  }
  if (status?.phase !== "Completed") {
    throw refuse(`its phase is ${status?.phase ?? "not known"}: objects may be missing from it`);
  }
  if (spec.resourcePolicy !== undefined || metadata.annotations?.[annotations.resourcePolicies]) {
    throw refuse("it was taken with resource policies, which cannot be asked again");
  }
  if (request.policies !== undefined || request.spec.resourcePolicy !== undefined) {
    throw refuse("the restore chooses by resource policies as well");
  }
  if (request.allowDamaged === true) {
    throw refuse("with --allow-damaged not all of it may be known");
  }
  for (const [target, source] of plan.namespaces) {
    const { mapNamespace } = plan.selection;
    if (target !== source && mapNamespace(target) !== target) {
      throw refuse(`namespace "${target}" is mapped to, and away itself`);
    }
  }
  return manifest;
}

/** Only where the backup holds objects, and backups may take the namespace, then and now. */
async function sourcesOf(
  run: Planner,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { backup, plan } = run;
  const found = new Map<string, string[]>();
  const { selection } = plan;
  const isOptedOut = (namespace: JsonObject): boolean =>
    labelsOf(namespace)[labels.excludeFromBackup] === "true";
  const optedOut = new Set<string>();
  const entries = backup.entries(({ resource }) => resource === "namespaces", signal);
  for await (const { line, bytes } of entries) {
    const object = readObject(bytes, `Namespace "${line.name}" of the backup`);
    if (isOptedOut(object)) optedOut.add(line.name);
  }
  const optedOutNow = new Set<string>();
  await listTarget(run, "namespaces", undefined, signal, (object, { name }) => {
    if (isOptedOut(object)) optedOutNow.add(name);
  });
  for (const name of await namespacesOf(run, signal)) {
    const target = selection.mapNamespace(name);
    if (!selection.includesNamespace(name) || optedOut.has(name)) continue;
    if (isSystemNamespace(name) || isSystemNamespace(target) || optedOutNow.has(target)) continue;
    found.set(target, [...(found.get(target) ?? []), name]);
  }
  return found;
}

async function namespacesOf({ backup }: Planner, signal: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { resource, namespace, name } of backup.index(signal)) {
    if (namespace !== undefined) names.add(namespace);
    else if (resource === "namespaces") names.add(name);
  }
  return names;
}
