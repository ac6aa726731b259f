import { endsTheRun, mayPassLater } from "../../domain/restore/retry.ts";
import { transformItem } from "../../domain/restore/transform.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import { textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { ApiError, type ObjectRef } from "../../ports/cluster.ts";
import { encodeObject } from "../apply/apply-decision.ts";
import { readObject } from "../apply/read-object.ts";
import { sendWrite } from "../apply/send-write.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { type RestoreRun, ruleContext } from "../restore-run.ts";
import type { NamespaceOutcome } from "./namespace-outcome.ts";
import { pauseBeforeRetry } from "./pause-before-retry.ts";

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
    const error = toArkError(thrown);
    if (error.code !== "ARK_WRITE_UNANSWERED") signal.throwIfAborted();
    if (endsTheRun(error.code)) throw error;
    run.blockedNamespaces.set(target, error);
    const objects = [...run.plan.kinds.values()].reduce(
      (sum, kind) => sum + (kind.perNamespace.get(target) ?? 0),
      0,
    );
    run.log.find({
      severity: "error",
      code: error.code,
      message: `namespace "${target}" cannot be restored into: ${error.message}; ${objects === 1 ? "1 object of it was" : `${objects} objects of it were`} not restored`,
      resource: "namespaces",
      name: target,
      ...adviceFor(error, target),
    });
    return "blocked";
  }
}

function adviceFor({ code, advice }: ArkError, target: string): { readonly advice?: string } {
  if (code !== "ARK_API_FORBIDDEN") return advice === undefined ? {} : { advice };
  return {
    advice: `have somebody make it (kubectl create namespace ${target}) and give this user rights in it, or choose another with --namespace-mappings`,
  };
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
  let live: JsonObject | undefined;
  try {
    live = await settled(run, ref, signal);
  } catch (thrown) {
    // A user with rights in the namespace alone may not read it; the writes will tell.
    if (!hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
    if (await mayWriteInto(run, target, signal)) return "there";
    throw new ArkError(
      "ARK_API_FORBIDDEN",
      "this user may neither see it nor make anything in it; perhaps it does not exist",
      { cause: thrown },
    );
  }
  if (live === undefined) return await make(run, ref, backedUp, signal);
  if (wasMadeBefore(run, target)) return "made";
  run.foundNamespaces.set(target, live);
  return "there";
}

/** Whether at least one of the kinds to be written there may be made; asked of the API server. */
async function mayWriteInto(
  { plan, target, ports }: RestoreRun,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { resource, version, perNamespace } of plan.kinds.values()) {
    const kind = perNamespace.has(namespace) ? target.find(resource, version) : undefined;
    if (kind === undefined) continue;
    if (await ports.cluster.can("create", kind, namespace, { signal })) return true;
  }
  return false;
}

/** By a process of this run that died. */
function wasMadeBefore({ before }: RestoreRun, target: string): boolean {
  const key = itemKey(namespaceItem(target));
  return before.outcomes.has(key) || before.inDoubt.has(key);
}

export function namespaceItem(name: string) {
  return { resource: "namespaces", namespace: "", name };
}

/** Waits, once and bounded, for a namespace that is being deleted. Undefined: there is none. */
async function settled(
  run: RestoreRun,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const waiting = run.waits.begin(
    "namespace-terminating",
    run.limits.namespaceTerminatingMs,
    signal,
  );
  try {
    for (;;) {
      const raw = await run.ports.cluster.get(ref, { signal });
      if (raw === undefined) return undefined;
      const namespace = readObject(raw.bytes, `namespace "${ref.name}" of the cluster`);
      if (!isTerminating(namespace)) return namespace;
      if (waiting.isLate) {
        throw new ArkError(
          "ARK_NAMESPACE_TERMINATING",
          `it is being deleted and was still there after ${Math.round(waiting.waitedMs / 1000)} s`,
          {
            advice: `see what holds it: kubectl get namespace ${ref.name} -o yaml; a longer wait: --wait-limits namespace-terminating=30m`,
          },
        );
      }
      waiting.show(`namespace ${ref.name}`);
      await waiting.pause(pollMs);
    }
  } finally {
    waiting.end();
  }
}

export function isTerminating(namespace: JsonObject): boolean {
  return (
    valueAt(namespace, ["metadata", "deletionTimestamp"]) !== undefined ||
    textAt(namespace, ["status", "phase"]) === "Terminating"
  );
}

async function make(
  run: RestoreRun,
  ref: ObjectRef,
  backedUp: JsonObject | undefined,
  signal: AbortSignal,
): Promise<NamespaceOutcome> {
  const item = namespaceToMake(run, ref.name, backedUp);
  if (item === undefined) return "there";
  await run.journal.intend("create", [namespaceItem(ref.name)]);
  const target = { version: "v1", kind: "Namespace", namespace: "", name: ref.name };
  const what = { action: "created", resource: "namespaces", target } as const;
  for (const pauseMs of [...run.limits.retryPausesMs, undefined]) {
    try {
      const { fieldManager } = item;
      const made = await sendWrite(run, what, signal, (sending) =>
        run.ports.cluster.create(ref, encodeObject(item.desired), { fieldManager, ...sending }),
      );
      run.freshNamespaces.add(ref.name);
      run.madeNamespaces.set(ref.name, made);
      return "made";
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      if (thrown.api.reason === "AlreadyExists") return "there";
      const { status, serverMessage } = thrown.api;
      if (pauseMs === undefined || !mayPassLater({ code: thrown.code, status, serverMessage })) {
        throw thrown;
      }
      await pauseBeforeRetry(run, `namespace ${ref.name}`, pauseMs, signal);
    }
  }
  return "there";
}

/** A target namespace as it is created; bare where the backup has none. Undefined: never made. */
export function namespaceToMake(
  { plan, request }: Pick<RestoreRun, "plan" | "request">,
  name: string,
  backedUp: JsonObject = bareNamespace(name),
): { readonly desired: JsonObject; readonly fieldManager: string } | undefined {
  const context = ruleContext(plan, request)("namespaces");
  const item = transformItem({ backedUp, context, targetNamespace: "", restoresStatus: false });
  if (item.kind === "left out") return undefined;
  const desired = { ...item.desired, metadata: { ...metadataOf(item.desired), name } };
  return { desired, fieldManager: item.ownership.fieldManager };
}

function metadataOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  return typeof metadata === "object" && metadata !== null ? (metadata as JsonObject) : {};
}

function bareNamespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
