import { definitionName } from "../api/custom-resource.ts";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { veleroKinds } from "../api/velero-kinds.ts";
import { listAll } from "../catalog/list-objects.ts";
import { isMarkedAsVeleros, type LiveDefinition } from "../domain/definitions/decide-definition.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError } from "../lib/errors.ts";
import type { Cluster } from "../ports/cluster.ts";
import { readDefinition } from "./definition-store.ts";

/** Objects of one kind in one namespace. */
export interface ObjectCount {
  readonly resource: string;
  readonly namespace: string;
  readonly count: number;
}

/** A definition that uninstalling would remove. */
export interface FoundDefinition {
  readonly name: string;
  readonly uid: string;
  readonly markedAsVeleros: boolean;
}

/** What of velero.io is in the cluster. */
export interface KindSurvey {
  readonly definitions: readonly FoundDefinition[];
  /** Kinds of velero.io that are none of ours: a newer Velero's. They are never removed. */
  readonly unknownKinds: readonly string[];
  readonly objects: readonly ObjectCount[];
  /** Deployments of Velero servers, `namespace/name`. */
  readonly servers: readonly string[];
}

const requestsAtOnce = 4;

const deploymentKind: ResourceKind = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
  verbs: ["list"],
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  preferred: true,
  subresources: [],
};

type Reader = Pick<Cluster, "get" | "discover" | "list">;

/**
 * Counts every object of velero.io in every namespace. Errors: ARK_KINDS_IN_USE where it cannot be
 * seen whether a kind has objects; those of a LIST.
 */
export async function surveyKinds(cluster: Reader, signal: AbortSignal): Promise<KindSurvey> {
  const found = await mapConcurrently(veleroKinds, requestsAtOnce, async (resource) => {
    const live = await readDefinition(cluster, definitionName(resource), signal);
    return live === undefined ? [] : [live];
  });
  const definitions = found.flat();
  const kinds = await servedKinds(cluster, definitions, signal);
  const counts = await mapConcurrently(kinds, requestsAtOnce, (kind) =>
    countObjects(cluster, kind, signal),
  );
  const own = new Set(veleroKinds.map(definitionName));
  return {
    definitions: definitions.map((live) => ({
      name: live.metadata.name,
      uid: live.metadata.uid ?? "",
      markedAsVeleros: isMarkedAsVeleros(live),
    })),
    unknownKinds: kinds.map(groupResource).filter((name) => !own.has(name)),
    objects: counts.flat(),
    servers: definitions.length === 0 ? [] : await findServers(cluster, signal),
  };
}

/** One version of each kind: it shows the objects of all. */
async function servedKinds(
  cluster: Pick<Cluster, "discover">,
  definitions: readonly LiveDefinition[],
  signal: AbortSignal,
): Promise<readonly ResourceKind[]> {
  const { kinds, failures } = await cluster.discover({ signal });
  const failure = failures.find(({ group }) => group.split("/")[0] === "velero.io");
  if (failure !== undefined) throw unseen("kinds of velero.io", failure.reason);
  const byName = new Map<string, ResourceKind>();
  for (const kind of kinds) {
    if (kind.group === "velero.io" && kind.verbs.includes("list")) {
      byName.set(groupResource(kind), kind);
    }
  }
  for (const { metadata } of definitions) {
    const isGoing = typeof metadata.deletionTimestamp === "string";
    if (isGoing || byName.has(metadata.name)) continue;
    throw unseen(metadata.name, "its definition is there, and the API server does not serve it");
  }
  return [...byName.values()];
}

function unseen(what: string, answer: string): ArkError {
  return new ArkError("ARK_KINDS_IN_USE", `whether ${what} have objects cannot be seen`, {
    tried:
      "to count the objects of velero.io, which would go with their kinds; nothing was changed",
    answer,
    advice: "just after an installation this passes; else see: kubectl get crd",
  });
}

async function countObjects(
  cluster: Pick<Cluster, "list">,
  kind: ResourceKind,
  signal: AbortSignal,
): Promise<readonly ObjectCount[]> {
  const counts = new Map<string, number>();
  for await (const { namespace } of listAll(cluster, { kind }, { signal })) {
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  const resource = groupResource(kind);
  return [...counts].map(([namespace, count]) => ({ resource, namespace, count }));
}

async function findServers(
  cluster: Pick<Cluster, "list">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  const scope = { kind: deploymentKind, labelSelector: "component=velero" };
  for await (const { namespace, name } of listAll(cluster, scope, { signal })) {
    names.push(`${namespace}/${name}`);
  }
  return names;
}
