import { type CustomResource, definitionName } from "../api/custom-resource.ts";
import { toDefinition } from "../api/custom-resource-definition.ts";
import { fieldManager } from "../api/field-manager.ts";
import type { ResourceKind } from "../api/resource-kind.ts";
import { veleroKinds } from "../api/velero-kinds.ts";
import {
  type DefinitionDecision,
  decideDefinition,
  isMarkedAsVeleros,
  type LiveDefinition,
} from "../domain/definitions/decide-definition.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import { jsonBytes } from "../lib/json-text.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import { definitionRef, isEstablished, readDefinition } from "./definition-store.ts";

export interface InstallPorts {
  readonly cluster: Pick<Cluster, "get" | "list" | "create" | "replace" | "discover">;
  readonly clock: Pick<Clock, "monotonicMs" | "sleep">;
}

/** One kind, and what is to be done with it, or was. */
export interface PlannedDefinition {
  readonly resource: CustomResource;
  /** Such as `backups.velero.io`. */
  readonly name: string;
  readonly decision: DefinitionDecision;
  /** It carries `component=velero`: `velero uninstall` would delete it. */
  readonly markedAsVeleros: boolean;
}

const requestsAtOnce = 4;
const readyWithinMs = 60_000;
const pollMs = 200;
/** Somebody else may install at the same time; each try looks anew. */
const tries = 5;

/** What installing would do with each kind. Errors: those of a GET. */
export async function planDefinitions(
  cluster: Pick<Cluster, "get">,
  signal: AbortSignal,
): Promise<readonly PlannedDefinition[]> {
  return await mapConcurrently(veleroKinds, requestsAtOnce, async (resource) => {
    const live = await readDefinition(cluster, definitionName(resource), signal);
    return toPlanned(resource, live);
  });
}

/**
 * Carries the plan out, and returns once all kinds are served; writes nothing where one of them is
 * refused. Errors: ARK_DEFINITION_CONFLICT, ARK_DEFINITION_NOT_READY, and those of a write.
 */
export async function installDefinitions(
  plan: readonly PlannedDefinition[],
  ports: InstallPorts,
  signal: AbortSignal,
): Promise<readonly PlannedDefinition[]> {
  refuseConflicts(plan);
  const done = await mapConcurrently(plan, requestsAtOnce, (planned) =>
    carryOut(planned, ports, signal),
  );
  await awaitServed(done, ports, signal);
  return done;
}

function toPlanned(resource: CustomResource, live: LiveDefinition | undefined): PlannedDefinition {
  return {
    resource,
    name: definitionName(resource),
    decision: decideDefinition(toDefinition(resource), live),
    markedAsVeleros: live !== undefined && isMarkedAsVeleros(live),
  };
}

/** Errors: ARK_DEFINITION_CONFLICT, with each definition that cannot become ours. */
export function refuseConflicts(plan: readonly PlannedDefinition[]): void {
  const refused = plan.flatMap(({ name, decision }) =>
    decision.action === "refuse" ? [`${name}: ${decision.problem}`] : [],
  );
  if (refused.length === 0) return;
  throw new ArkError(
    "ARK_DEFINITION_CONFLICT",
    `the cluster has definitions of velero.io that cannot be made to hold what ark-ts needs: ${refused.join("; ")}`,
    {
      tried: "to install the kinds of velero.io; nothing was changed",
      advice:
        "wait until what is being deleted is gone; else find out who installed them (kubectl get crd NAME -o yaml) before anything is changed: their objects go with them",
    },
  );
}

async function carryOut(
  first: PlannedDefinition,
  { cluster }: InstallPorts,
  signal: AbortSignal,
): Promise<PlannedDefinition> {
  let planned = first;
  for (let left = tries; ; left--) {
    try {
      await write(planned, cluster, signal);
      return planned;
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_API_CONFLICT") || left <= 1) throw thrown;
      const live = await readDefinition(cluster, planned.name, signal);
      planned = toPlanned(planned.resource, live);
      refuseConflicts([planned]);
    }
  }
}

async function write(
  { name, resource, decision }: PlannedDefinition,
  cluster: Pick<Cluster, "create" | "replace">,
  signal: AbortSignal,
): Promise<void> {
  const ref = definitionRef(name);
  if (decision.action === "create") {
    await cluster.create(ref, jsonBytes(toDefinition(resource)), { signal, fieldManager });
  } else if (decision.action === "extend") {
    // It carries the resourceVersion it was read at: who has changed it since is not overwritten.
    await cluster.replace(ref, jsonBytes(decision.body), { signal, fieldManager });
  }
}

/** Established, in discovery, which follows with some delay, and answering: the first LISTs may meet a 404. */
async function awaitServed(
  installed: readonly PlannedDefinition[],
  { cluster, clock }: InstallPorts,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonicMs();
  for (;;) {
    const missing = await notServed(installed, cluster, signal);
    if (missing.length === 0) return;
    if (clock.monotonicMs() - startedAt >= readyWithinMs) throw notReady(missing);
    await clock.sleep(pollMs, signal);
  }
}

async function notServed(
  installed: readonly PlannedDefinition[],
  cluster: Pick<Cluster, "get" | "list" | "discover">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { kinds } = await cluster.discover({ signal });
  const checked = await mapConcurrently(installed, requestsAtOnce, async ({ name, resource }) => {
    const { group, version, plural } = resource;
    const served = kinds.find(
      (kind) => kind.group === group && kind.version === version && kind.resource === plural,
    );
    if (served === undefined) return [name];
    const live = await readDefinition(cluster, name, signal);
    const isReady = live !== undefined && isEstablished(live);
    return isReady && (await answers(cluster, served, signal)) ? [] : [name];
  });
  return checked.flat();
}

async function answers(
  cluster: Pick<Cluster, "list">,
  kind: ResourceKind,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const page = await cluster.list({ kind, limit: 1 }, { signal });
    for await (const _ of page.items);
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_API_NOT_FOUND")) return false;
    // Whoever may install need not be allowed to read.
    if (hasCode(thrown, "ARK_API_FORBIDDEN")) return true;
    throw thrown;
  }
}

function notReady(names: readonly string[]): ArkError {
  return new ArkError(
    "ARK_DEFINITION_NOT_READY",
    `definitions were not established within ${readyWithinMs / 1000} s: ${names.join(", ")}`,
    { advice: `kubectl describe crd ${names[0]} says what the API server has against it` },
  );
}
