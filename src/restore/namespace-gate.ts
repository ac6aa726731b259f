import { endsTheRun, mayPassLater } from "../domain/restore/retry.ts";
import { transformItem } from "../domain/restore/transform.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { textAt, valueAt } from "../lib/json-edit.ts";
import type { JsonObject } from "../lib/json-text.ts";
import { ApiError, type ObjectRef } from "../ports/cluster.ts";
import { encodeObject } from "./apply-decision.ts";
import { itemKey } from "./interrupted-restore.ts";
import type { NamespaceOutcome } from "./namespace-outcome.ts";
import { readObject } from "./read-object.ts";
import { type RestoreRun, ruleContext } from "./restore-run.ts";

const pollMs = 1_000;

/**
 * Makes sure that a target namespace is there before anything is written into it. Asked as often
 * as one likes, works once per namespace. A namespace that cannot be had is put into
 * `blockedNamespaces`, and told once; the promise rejects only for what ends the run.
 */
export function openNamespace(
  run: RestoreRun,
  target: string,
  signal: AbortSignal,
): Promise<NamespaceOutcome> {
  let outcome = run.namespaceOutcomes.get(target);
  if (outcome === undefined) {
    outcome = open(run, target, run.namespaceObjects.get(target), signal);
    run.namespaceOutcomes.set(target, outcome);
  }
  return outcome;
}

async function open(
  run: RestoreRun,
  target: string,
  backedUp: JsonObject | undefined,
  signal: AbortSignal,
): Promise<NamespaceOutcome> {
  try {
    return await find(run, target, backedUp, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    run.blockedNamespaces.set(target, error);
    const objects = [...run.plan.kinds.values()].reduce(
      (sum, kind) => sum + (kind.perNamespace.get(target) ?? 0),
      0,
    );
    run.log.find({
      severity: "error",
      code: error.code,
      message: `namespace "${target}" cannot be restored into: ${error.message}; ${objects} objects of it were not restored`,
      resource: "namespaces",
      name: target,
      ...(error.advice === undefined ? {} : { advice: error.advice }),
    });
    return "blocked";
  }
}

async function find(
  run: RestoreRun,
  target: string,
  backedUp: JsonObject | undefined,
  signal: AbortSignal,
): Promise<NamespaceOutcome> {
  const kind = run.target.find("namespaces", "v1");
  if (kind === undefined) {
    throw new ArkError("ARK_KIND_NOT_SERVED", "the API server does not serve namespaces");
  }
  const ref: ObjectRef = { kind, namespace: "", name: target };
  let present: "absent" | "there";
  try {
    present = await settled(run, ref, signal);
    run.progress.waitFor(undefined);
  } catch (thrown) {
    // A user with rights in the namespace alone may not read it; the writes will tell.
    if (hasCode(thrown, "ARK_API_FORBIDDEN")) return "there";
    throw thrown;
  }
  if (present === "there") return wasMadeBefore(run, target) ? "made" : "there";
  return await make(run, ref, backedUp ?? bareNamespace(target), signal);
}

/** By a process of this run that died. */
function wasMadeBefore({ before }: RestoreRun, target: string): boolean {
  const key = itemKey(namespaceItem(target));
  return before.outcomes.has(key) || before.inDoubt.has(key);
}

export function namespaceItem(name: string) {
  return { resource: "namespaces", namespace: "", name };
}

/** Waits, once and bounded, for a namespace that is being deleted. */
async function settled(
  run: RestoreRun,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<"absent" | "there"> {
  const { cluster, clock } = run.ports;
  const startedAt = clock.monotonicMs();
  for (;;) {
    const raw = await cluster.get(ref, { signal });
    if (raw === undefined) return "absent";
    const namespace = readObject(raw.bytes, `namespace "${ref.name}" of the cluster`);
    if (!isTerminating(namespace)) return "there";
    const waitedMs = clock.monotonicMs() - startedAt;
    if (waitedMs >= run.limits.namespaceTerminatingMs) {
      throw new ArkError(
        "ARK_NAMESPACE_TERMINATING",
        `it is being deleted and was still there after ${Math.round(waitedMs / 1000)} s`,
        { advice: `see what holds it: kubectl get namespace ${ref.name} -o yaml` },
      );
    }
    run.progress.waitFor(`namespace ${ref.name} to go away`);
    await clock.sleep(pollMs, signal);
  }
}

function isTerminating(namespace: JsonObject): boolean {
  return (
    valueAt(namespace, ["metadata", "deletionTimestamp"]) !== undefined ||
    textAt(namespace, ["status", "phase"]) === "Terminating"
  );
}

async function make(
  run: RestoreRun,
  ref: ObjectRef,
  backedUp: JsonObject,
  signal: AbortSignal,
): Promise<NamespaceOutcome> {
  const context = ruleContext(run.plan, run.request)("namespaces");
  const item = transformItem({ backedUp, context, targetNamespace: "", restoresStatus: false });
  if (item.kind === "left out") return "there";
  const desired = { ...item.desired, metadata: { ...metadataOf(item.desired), name: ref.name } };
  await run.journal.intend("create", [namespaceItem(ref.name)]);
  for (const pauseMs of [...run.limits.retryPausesMs, undefined]) {
    try {
      await run.ports.cluster.create(ref, encodeObject(desired), {
        fieldManager: item.ownership.fieldManager,
        signal,
      });
      run.freshNamespaces.add(ref.name);
      return "made";
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      if (thrown.api.reason === "AlreadyExists") return "there";
      const { status, serverMessage } = thrown.api;
      if (pauseMs === undefined || !mayPassLater({ code: thrown.code, status, serverMessage })) {
        throw thrown;
      }
      await run.ports.clock.sleep(pauseMs, signal);
    }
  }
  return "there";
}

function metadataOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  return typeof metadata === "object" && metadata !== null ? (metadata as JsonObject) : {};
}

function bareNamespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
