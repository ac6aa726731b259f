import { definitionName } from "../api/custom-resource.ts";
import { fieldManager } from "../api/field-manager.ts";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { veleroKinds } from "../api/velero-kinds.ts";
import { listAll } from "../catalog/list-objects.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import { decodeJson, jsonBytes } from "../lib/json-text.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import { definitionRef, readDefinition } from "./definition-store.ts";
import type { FoundDefinition, KindSurvey, ObjectCount } from "./survey-kinds.ts";

export interface UninstallPorts {
  readonly cluster: Pick<Cluster, "get" | "discover" | "list" | "remove" | "patch">;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
}

const requestsAtOnce = 4;
const goneWithinMs = 60_000;
const pollMs = 200;

/**
 * Finalizers that a server would act on: it removes what lies in the bucket. Here nobody asked for
 * that, and the kinds go; contract: Velero 1.18.3.
 */
const serverFinalizers: readonly string[] = [
  "restores.velero.io/external-resources-finalizer",
  "velero.io/pod-volume-finalizer",
  "velero.io/data-upload-download-finalizer",
];

/** Objects that go with the kinds. */
export function objectsWithin(survey: KindSurvey, namespace: string): readonly ObjectCount[] {
  return survey.objects.filter((one) => one.namespace === namespace);
}

/** Who outside `namespace` needs the kinds of velero.io: their objects, and Velero servers. */
export function usersOfKinds(survey: KindSurvey, namespace: string): readonly string[] {
  const outside = survey.objects.filter((one) => one.namespace !== namespace);
  return [
    ...outside.map((one) => `${one.count} ${one.resource} in namespace ${one.namespace}`),
    ...survey.servers.map((name) => `a Velero server, deployment ${name}`),
  ];
}

/** Errors: ARK_KINDS_IN_USE, when anybody outside `namespace` has objects of velero.io, or a Velero is there. */
export function refuseInUse(survey: KindSurvey, namespace: string): void {
  const users = usersOfKinds(survey, namespace);
  if (users.length === 0) return;
  throw new ArkError(
    "ARK_KINDS_IN_USE",
    `the kinds of velero.io are not removed, for others use them: ${users.join("; ")}`,
    {
      tried: `to remove the kinds of velero.io, which a cluster has once for all; only objects in namespace ${namespace} may go with them`,
      advice:
        "leave them: without a server they do nothing. Where these objects are ark-ts's own, name their namespace with -n",
    },
  );
}

/**
 * Deletes the definitions with their objects, and returns when they are gone; what lies in buckets
 * stays. Errors: ARK_OBJECT_TERMINATING, with what holds the objects.
 */
export async function uninstallDefinitions(
  definitions: readonly FoundDefinition[],
  ports: UninstallPorts,
  signal: AbortSignal,
): Promise<void> {
  const { kinds } = await ports.cluster.discover({ signal });
  const names = new Set(definitions.map(({ name }) => name));
  const served = kinds.filter((kind) => names.has(groupResource(kind)));
  await mapConcurrently(definitions, requestsAtOnce, ({ name, uid }) =>
    ports.cluster.remove(definitionRef(name), { uid, signal }),
  );
  await awaitGone(definitions, served, ports, signal);
}

/**
 * Deletes the objects of velero.io in one namespace where the kinds stay, and returns when they are
 * gone; what lies in buckets stays. Errors: ARK_OBJECT_TERMINATING, with what holds them.
 */
export async function uninstallObjects(
  namespace: string,
  { cluster, clock }: UninstallPorts,
  signal: AbortSignal,
): Promise<void> {
  const { kinds } = await cluster.discover({ signal });
  const own = new Set(veleroKinds.map(definitionName));
  const served = kinds.filter((kind) => own.has(groupResource(kind)));
  const startedAt = clock.monotonicMs();
  for (;;) {
    const left = await mapConcurrently(served, requestsAtOnce, (kind) =>
      removeObjects(cluster, kind, namespace, signal),
    );
    if (left.flat().length === 0) return;
    if (clock.monotonicMs() - startedAt >= goneWithinMs) {
      const held = await mapConcurrently(served, requestsAtOnce, (kind) =>
        releaseObjects(cluster, { kind, namespace }, signal),
      );
      throw stillThere(left.flat(), held.flat());
    }
    await clock.sleep(pollMs, signal);
  }
}

/** Answers with what was there. */
async function removeObjects(
  cluster: Pick<Cluster, "list" | "patch" | "remove">,
  kind: ResourceKind,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, terminating } of listAll(cluster, { kind, namespace }, { signal })) {
    found.push(`${groupResource(kind)} ${namespace}/${name}`);
    if (!terminating) await cluster.remove({ kind, namespace, name }, { signal });
  }
  if (found.length > 0) await releaseObjects(cluster, { kind, namespace }, signal);
  return found;
}

async function awaitGone(
  definitions: readonly FoundDefinition[],
  kinds: readonly ResourceKind[],
  { cluster, clock }: UninstallPorts,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  let left = definitions;
  for (;;) {
    const still = await mapConcurrently(left, requestsAtOnce, async (one) => {
      const live = await readDefinition(cluster, one.name, signal);
      return live?.metadata.uid === one.uid ? [one] : [];
    });
    left = still.flat();
    if (left.length === 0) return;
    const names = left.map(({ name }) => name);
    const held = await mapConcurrently(
      kinds.filter((kind) => names.includes(groupResource(kind))),
      requestsAtOnce,
      (kind) => releaseObjects(cluster, { kind }, signal),
    );
    if (clock.monotonicMs() - startedAt >= goneWithinMs) throw stillThere(names, held.flat());
    await clock.sleep(pollMs, signal);
  }
}

interface Metadata {
  readonly finalizers?: readonly string[];
  readonly resourceVersion?: string;
}

/**
 * Takes the server's finalizers off what is being deleted, in one namespace or in all; answers with
 * the objects that others hold.
 */
export async function releaseObjects(
  cluster: Pick<Cluster, "list" | "patch">,
  scope: { readonly kind: ResourceKind; readonly namespace?: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { kind } = scope;
  const held: string[] = [];
  try {
    for await (const object of listAll(cluster, scope, { signal })) {
      if (!object.terminating) continue;
      const { metadata } = decodeJson(object.bytes.toString("utf8")) as { metadata: Metadata };
      const had = metadata.finalizers ?? [];
      const others = had.filter((name) => !serverFinalizers.includes(name));
      const place = `${groupResource(kind)} ${object.namespace}/${object.name}`;
      if (others.length > 0) held.push(`${place} (${others.join(", ")})`);
      if (others.length === had.length) continue;
      const { resourceVersion } = object;
      const patch = { metadata: { resourceVersion, finalizers: others } };
      const ref = { kind, namespace: object.namespace, name: object.name };
      const body = jsonBytes(patch);
      await cluster.patch(ref, "merge", body, { signal, fieldManager });
    }
  } catch (thrown) {
    // The kind or the object has gone meanwhile, or changed: the next look tells.
    if (!hasCode(thrown, "ARK_API_NOT_FOUND") && !hasCode(thrown, "ARK_API_CONFLICT")) throw thrown;
  }
  return held;
}

function stillThere(names: readonly string[], held: readonly string[]): ArkError {
  return new ArkError(
    "ARK_OBJECT_TERMINATING",
    `still being deleted after ${goneWithinMs / 1000} s: ${names.join(", ")}`,
    {
      ...(held.length > 0 && { answer: `finalizers hold ${held.join("; ")}` }),
      advice:
        "the deletion goes on in the cluster; it ends when whoever set these finalizers takes them off",
    },
  );
}
