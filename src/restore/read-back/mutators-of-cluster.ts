import type { ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import {
  type Mutator,
  matchingMutators,
  mutatorOfPolicy,
  mutatorsOfConfiguration,
} from "../../domain/restore/match-webhooks.ts";
import { toArkError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import { labelsOf } from "../survey/survey-references.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";

const configurations = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
const policies = "mutatingadmissionpolicies.admissionregistration.k8s.io";
/** A configuration of webhooks may be large: each carries certificates. */
const pageLimit = 100;

/** Tells which mutating webhooks and policies the API server may ask about an object. */
export interface MutatorsOfCluster {
  namesFor(kind: ResourceKind, object: JsonObject, namespace: string): Promise<readonly string[]>;
}

/**
 * Read when they are first asked for; where they may not be read there are none, and it is logged.
 */
export function readMutators(
  run: {
    readonly cluster: ClusterReader;
    readonly target: TargetKinds;
    readonly tell: (problem: string) => void;
  },
  signal: AbortSignal,
): MutatorsOfCluster {
  let reading: Promise<readonly Mutator[]> | undefined;
  const namespaces = new Map<string, Promise<Readonly<Record<string, string>> | undefined>>();
  const orNothing = async <T>(what: string, read: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await read;
    } catch (thrown) {
      signal.throwIfAborted();
      run.tell(`${what} could not be read: ${toArkError(thrown).message}`);
      return nothing;
    }
  };
  const readAll = async (): Promise<readonly Mutator[]> => {
    const webhooks = await orNothing(
      "mutating webhooks",
      listObjects(run, configurations, signal),
      [],
    );
    const bound = await orNothing("mutating policies", listObjects(run, policies, signal), []);
    return [...webhooks.flatMap(mutatorsOfConfiguration), ...bound.map(mutatorOfPolicy)];
  };
  const labelsOfNamespace = (name: string) => {
    let reading = namespaces.get(name);
    if (reading === undefined) {
      reading = orNothing(`namespace ${name}`, namespaceLabels(run, name, signal), undefined);
      namespaces.set(name, reading);
    }
    return reading;
  };
  return {
    async namesFor(kind, object, namespace) {
      reading ??= readAll();
      const mutators = await reading;
      if (mutators.length === 0) return [];
      const namespaceLabels = namespace === "" ? undefined : await labelsOfNamespace(namespace);
      return matchingMutators(mutators, { kind, labels: labelsOf(object), namespaceLabels });
    },
  };
}

type Reading = Parameters<typeof readMutators>[0];

async function listObjects(
  { cluster, target }: Reading,
  resource: string,
  signal: AbortSignal,
): Promise<JsonObject[]> {
  const [version] = target.versions(resource);
  const kind = version === undefined ? undefined : target.find(resource, version);
  if (kind === undefined) return [];
  const objects: JsonObject[] = [];
  for await (const raw of listAll(cluster, { kind, limit: pageLimit }, { signal })) {
    objects.push(readObject(raw.bytes, `${kind.kind} "${raw.name}"`));
  }
  return objects;
}

async function namespaceLabels({ cluster, target }: Reading, name: string, signal: AbortSignal) {
  const kind = target.find("namespaces", "v1");
  if (kind === undefined) return undefined;
  return (await cluster.get({ kind, namespace: "", name }, { signal }))?.labels;
}
