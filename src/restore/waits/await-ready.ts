import type { GroupResource } from "../../api/resource-kind.ts";
import {
  containerTrouble,
  isAnsweredFor,
  type Readiness,
  readinessOf,
  readyKinds,
} from "../../domain/restore/readiness.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { waitSentence } from "../../domain/restore/waits.ts";
import { toArkError } from "../../lib/errors.ts";
import { objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { objectKey } from "../apply/object-key.ts";
import { readObject } from "../apply/read-object.ts";
import { isPlanned } from "../plan-restore.ts";
import type { TargetName } from "../report/tally.ts";
import type { Readiness as ReadinessReport } from "../restore-request.ts";
import { describeTarget, type RestoreRun, targetOf } from "../restore-run.ts";
import { type NamedObject, readNamed } from "../survey/read-named.ts";

const pollMs = 1_000;
/** Of those that are not ready, so many are asked why. */
const explained = 20;
/** Their controllers make it again for a claim that nobody uses yet. */
const waitForConsumer = "WaitForFirstConsumer";

interface Awaited {
  readonly resource: GroupResource;
  readonly target: TargetName;
  readonly named: NamedObject;
  why: string;
  object: JsonObject | undefined;
}

/**
 * Waits until the workloads of the restore are ready, those that were there before included, and
 * tells which are not and why. It ends when all are, when what is left has failed, or at the limit.
 */
export async function awaitReady(
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ReadinessReport | undefined> {
  const { readiness } = run.request;
  if (readiness === undefined) return undefined;
  run.progress.enter("readiness");
  const waiting = await workloadsOf(run, signal);
  const ends: Ends = { failed: [], unconsumed: [] };
  const total = await untilReady(run, { waiting, ends, limitMs: readiness.timeoutMs }, signal);
  for (const { resource, target } of ends.unconsumed) {
    const { namespace, name } = target;
    const what = waitSentence("first-consumer", "a claim waits for the first pod that uses it");
    run.log.write("info", what, { wait: "first-consumer", resource, namespace, name });
  }
  const left = [...ends.failed, ...waiting.values()];
  for (const [at, one] of left.entries()) {
    if (at < explained) await explain(run, one, signal);
    run.log.find({
      severity: readiness.required ? "error" : "warning",
      code: "ARK_NOT_READY",
      message: `${describeTarget(one.target)} is not ready: ${one.why}`,
      resource: one.resource,
      namespace: one.target.namespace,
      name: one.target.name,
    });
  }
  const waitForFirstConsumer = ends.unconsumed.length;
  return { total, ready: total - left.length, waitForFirstConsumer };
}

/** What is waited for no longer, and is not ready. */
interface Ends {
  readonly failed: Awaited[];
  /** Claims without a pod, whose class waits for one. */
  readonly unconsumed: Awaited[];
}

interface Waiting {
  readonly waiting: Map<string, Awaited>;
  readonly ends: Ends;
  readonly limitMs: number;
}

/** Answers how many there are. */
async function untilReady(
  run: RestoreRun,
  { waiting, ends, limitMs }: Waiting,
  signal: AbortSignal,
): Promise<number> {
  const wait = run.waits.begin("readiness", limitMs, signal);
  let total = 0;
  try {
    for (let isFirst = true; waiting.size > 0; isFirst = false) {
      const seen = await look(run, waiting, ends, signal);
      if (isFirst) total = seen;
      const [first] = waiting.values();
      if (first === undefined || wait.isLate) break;
      const why = `${describeTarget(first.target)}: ${first.why}`;
      wait.show(`${waiting.size} of ${total} workloads`, why);
      await wait.pause(pollMs);
    }
  } finally {
    wait.end();
  }
  return total;
}

/** Workloads of the plan, by {@link objectKey}. */
async function workloadsOf(run: RestoreRun, signal: AbortSignal): Promise<Map<string, Awaited>> {
  const found = new Map<string, Awaited>();
  for await (const line of run.backup.index(signal)) {
    const { resource } = line;
    if (!readyKinds.includes(resource) || !isPlanned(run.plan, line)) continue;
    const target = targetOf(run.plan, line);
    const { version, namespace, name } = target;
    const kind = run.target.find(resource, version);
    if (kind === undefined) continue;
    const named = { kind, namespace, name };
    found.set(objectKey(resource, namespace, name), {
      resource,
      target,
      named,
      why: "it has not been looked at",
      object: undefined,
    });
  }
  return found;
}

/** Takes out of `waiting` what is ready, gone or another's to tell; answers how many count. */
async function look(
  run: RestoreRun,
  waiting: Map<string, Awaited>,
  { failed, unconsumed }: Ends,
  signal: AbortSignal,
): Promise<number> {
  const byName = new Map([...waiting].map(([key, one]) => [one.named, { key, one }]));
  const unseen = new Set(waiting.keys());
  let counted = 0;
  const options = { limit: run.limits.readers, signal };
  await readNamed([...byName.keys()], run.ports.cluster, options, async (raw, of) => {
    const { key, one } = byName.get(of) as { key: string; one: Awaited };
    unseen.delete(key);
    const object = readObject(raw.bytes, `${describeTarget(one.target)} of the cluster`);
    if (isAnsweredFor(object)) {
      waiting.delete(key);
      return;
    }
    counted += 1;
    one.object = object;
    const now = await judge(run, one, signal);
    if (now.state !== "waiting") waiting.delete(key);
    if (now.state === "failed") failed.push(one);
    if (now.state === "unconsumed") unconsumed.push(one);
    if (now.state === "failed" || now.state === "waiting") one.why = now.why;
  });
  for (const key of unseen) waiting.delete(key);
  return counted;
}

/** A claim whose class waits for a pod is as ready as it gets without one. */
async function judge(
  run: RestoreRun,
  one: Awaited,
  signal: AbortSignal,
): Promise<Readiness | { readonly state: "unconsumed" }> {
  const object = one.object as JsonObject;
  const now = readinessOf(one.resource, object);
  if (now.state !== "waiting" || one.resource !== "persistentvolumeclaims") return now;
  const name = textAt(object, ["spec", "storageClassName"]);
  const kind = run.target.find("storageclasses.storage.k8s.io", "storage.k8s.io/v1");
  if (name === "" || kind === undefined) return now;
  try {
    const raw = await run.ports.cluster.get({ kind, namespace: "", name }, { signal });
    if (raw === undefined) return { state: "waiting", why: `storage class "${name}" is not there` };
    const mode = textAt(readObject(raw.bytes, "a storage class"), ["volumeBindingMode"]);
    const isUsed = textAt(object, [
      "metadata",
      "annotations",
      "volume.kubernetes.io/selected-node",
    ]);
    return mode === waitForConsumer && isUsed === "" ? { state: "unconsumed" } : now;
  } catch (thrown) {
    signal.throwIfAborted();
    if (endsTheRun(toArkError(thrown).code)) throw thrown;
    return now;
  }
}

/** What a pod of it says; a reason that cannot be had is no failure. */
async function explain(run: RestoreRun, one: Awaited, signal: AbortSignal): Promise<void> {
  const kind = run.target.find("pods", "v1");
  const labels = Object.entries(objectAt(one.object, ["spec", "selector", "matchLabels"]));
  if (kind === undefined || labels.length === 0 || one.resource === "persistentvolumeclaims")
    return;
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(",");
  const { namespace } = one.target;
  try {
    const page = await run.ports.cluster.list(
      { kind, namespace, labelSelector, limit: 50 },
      { signal },
    );
    for await (const batch of page.items) {
      for (const raw of batch) {
        const pod = readObject(raw.bytes, `Pod "${raw.name}" of the cluster`);
        const state = readinessOf("pods", pod);
        if (state.state === "ready") continue;
        one.why += `; pod ${raw.name}: ${containerTrouble(pod) ?? state.why}`;
        return;
      }
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    run.log.write("info", "the pods of a workload could not be asked", { error: error.message });
  }
}
