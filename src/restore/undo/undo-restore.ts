import { undoPlaces } from "../../catalog/restore-aftermath.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { createUndoStays } from "../../domain/restore/undo-stays.ts";
import { compareClusters } from "../../domain/same-cluster.ts";
import { waveOf } from "../../domain/waves.ts";
import type { FormerObject } from "../../format/former-object.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { graceSignal } from "../../lib/grace-signal.ts";
import type { ClusterIdentity } from "../../ports/cluster.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { discoverTargetKinds } from "../survey/target-kinds.ts";
import { activatedBefore } from "./activated-before.ts";
import { whyHeld } from "./assess-undo.ts";
import { holdNeeded } from "./hold-needed.ts";
import { changeKey, loadUndo, placeOfRecord, type UndoSource } from "./load-undo.ts";
import { surveyClaims } from "./survey-claims.ts";
import { type SurveyedChange, settleUndone, surveyUndo } from "./survey-undo.ts";
import type { UndoContext } from "./undo-context.ts";
import { type Undone, undoObject } from "./undo-object.ts";
import { beginUndo, undoneBefore, writeUndo } from "./undo-record.ts";
import type { UndoOutcome, UndoPorts, UndoReport, UndoRequest, UndoStep } from "./undo-request.ts";

const defaultWriters = 16;
/** As of a restore that is cancelled. */
const cancelGraceMs = 10_000;
const holdOthers = ["namespaces", "customresourcedefinitions.apiextensions.k8s.io"];

/** What undoing would do now; writes nothing. */
export interface UndoPlan {
  readonly restore: string;
  readonly steps: readonly UndoStep[];
}

interface Prepared {
  /** Where its record lies, and what else takes reports when that does not. */
  readonly places: readonly ObjectStore[];
  readonly source: UndoSource;
  readonly context: UndoContext;
}

/**
 * Says, object by object, what undoing a restore would do. Errors: ARK_RESTORE_NOT_FOUND,
 * ARK_UNDO_IMPOSSIBLE, ARK_BACKUP_DAMAGED, those of store and API server.
 */
export async function planUndo(
  request: UndoRequest,
  ports: UndoPorts,
  signal: AbortSignal,
): Promise<UndoPlan> {
  const prepared = await prepare(request, ports, { signal, late: signal });
  const { context } = prepared;
  const steps: UndoStep[] = [];
  await inOrder(prepared, request, signal, async (one, former) => {
    const { change, assessed, unseen } = one;
    if (assessed === undefined) {
      const reason = `it could not be looked at: ${unseen}`;
      steps.push({ change, verdict: { step: "left", reason } });
      return;
    }
    const held = await tryWhyHeld(change, assessed, context, signal);
    const verdict =
      held === undefined ? assessed.verdict : ({ step: "left", reason: held } as const);
    steps.push({ change, verdict });
    const outcome = verdict.step === "delete" ? "deleted" : verdict.step;
    if (outcome === "deleted" || outcome === "put back" || outcome === "left") {
      settleUndone(one, outcome, former, context);
    }
  });
  return { restore: request.restore, steps };
}

/** What cannot be told of one object is no reason to say nothing of the others. */
async function tryWhyHeld(...asked: Parameters<typeof whyHeld>): Promise<string | undefined> {
  try {
    return await whyHeld(...asked);
  } catch (thrown) {
    const error = toArkError(thrown);
    if (asked[3].aborted || endsTheRun(error.code)) throw error;
    return `it could not be looked at: ${error.message}`;
  }
}

/**
 * Undoes what a restore did: deletes what it made, puts back what it changed, makes again what it
 * deleted. Works by uid, so that it can be run again, also after it was cut off. One object that
 * fails stops nothing. That it begins is written beside the restore's record before its first change,
 * and its report takes that place. Errors as of planning; ARK_NAME_IN_USE, and those of a store where
 * its beginning cannot be written down.
 */
export async function undoRestore(
  request: UndoRequest,
  ports: UndoPorts,
  signal: AbortSignal,
): Promise<UndoReport> {
  const grace = graceSignal(signal, cancelGraceMs, ports.clock.sleep);
  try {
    const prepared = await prepare(request, ports, { signal, late: grace.signal });
    return await undoPrepared(prepared, request, ports, signal);
  } finally {
    grace.stop();
  }
}

async function undoPrepared(
  prepared: Prepared,
  request: UndoRequest,
  ports: UndoPorts,
  signal: AbortSignal,
): Promise<UndoReport> {
  const { restore, owner } = request;
  const startedAt = ports.clock.now().toISOString();
  const beginning = { restore, startedAt, owner, liveness: ports.liveness };
  const begun = await beginUndo(beginning, prepared.places, signal);
  const outcomes: UndoOutcome[] = [];
  let failure: ArkError | undefined;
  try {
    await inOrder(prepared, request, signal, async (one, former) => {
      const { change, assessed } = one;
      const { resource, kind, namespace, name } = change;
      const standing = { isMissing: change.action === "deleted" };
      const undoing = { change, former, assessed, standing };
      const { done, end } = await tryToUndo(undoing, prepared.context, request, ports, signal);
      const gone = standing.isMissing ? { missing: true as const } : {};
      if (done !== undefined) outcomes.push({ resource, kind, namespace, name, ...done, ...gone });
      if (end !== undefined) throw end;
      if (done !== undefined) settleUndone(one, done.outcome, former, prepared.context);
    });
  } catch (thrown) {
    failure = signal.aborted ? cancelled() : toArkError(thrown);
  }
  const endedAt = ports.clock.now().toISOString();
  const isWhole = outcomes.every(({ outcome }) => outcome !== "left" && outcome !== "failed");
  const phase = failure !== undefined ? "Failed" : isWhole ? "Completed" : "PartiallyFailed";
  const told = failure && { code: failure.code, message: failure.message };
  const report = { restore, startedAt, endedAt, phase, outcomes } as const;
  const whole = told === undefined ? report : { ...report, failure: told };
  const why = await writeUndo(begun, whole);
  if (why === undefined) return whole;
  return { ...whole, unrecorded: { code: why.code, message: why.message } };
}

/** `end`: it ends the whole undo. What it was about to make again is told all the same. */
async function tryToUndo(
  ...work: Parameters<typeof undoObject>
): Promise<{ readonly done?: Undone; readonly end?: unknown }> {
  const signal = work.at(-1) as AbortSignal;
  try {
    return { done: await undoObject(...work) };
  } catch (thrown) {
    const error = toArkError(thrown);
    const isEnd = signal.aborted || endsTheRun(error.code);
    const done = { outcome: "failed", reason: error.message } as const;
    if (!isEnd) return { done };
    const end: unknown = signal.aborted ? signal.reason : error;
    return work[0].standing.isMissing ? { done, end } : { end };
  }
}

function cancelled(): ArkError {
  return new ArkError("ARK_CANCELLED", "it was cancelled; run it again to go on");
}

async function prepare(
  { restore, changedToo = false, dataToo = false }: UndoRequest,
  { cluster, store: location, journalStore, log }: UndoPorts,
  { signal, late }: { readonly signal: AbortSignal; readonly late: AbortSignal },
): Promise<Prepared> {
  const store = await placeOfRecord({ store: location, journalStore }, restore, signal);
  const places = undoPlaces({ place: store, journalStore });
  const source = await loadUndo(store, restore, signal);
  const identity = await cluster.identity({ signal });
  refuseForeign(restore, source, identity);
  const target = await discoverTargetKinds(cluster, signal);
  const made = source.changes.filter(({ action }) => action === "created");
  const { startTimestamp = "", completionTimestamp = "" } = source.restore.status;
  const { uids: undone, settled } = await undoneBefore(places, restore, signal);
  const context: UndoContext = {
    cluster,
    log,
    target,
    changedToo,
    dataToo,
    claims: await surveyClaims(source.changes, { cluster, target }, signal),
    late,
    made: new Set(made.map(({ uid }) => uid).filter((uid) => uid !== "")),
    activated: await activatedBefore(places, restore, signal),
    restored: { began: startTimestamp, ended: completionTimestamp },
    undone,
    settled,
    going: new Set(),
    stays: createUndoStays(),
  };
  return { places, source, context };
}

/** An object made again must not be made in another cluster than it was in. */
function refuseForeign(restore: string, { cluster }: UndoSource, here: ClusterIdentity): void {
  const sameness = compareClusters(cluster, here);
  if (sameness === "same") return;
  const [message, advice] =
    sameness === "other"
      ? [
          `was made in another cluster (${cluster.id}; this one is ${here.id})`,
          "choose its context with --kubecontext",
        ]
      : cluster.id === ""
        ? ["does not say in which cluster it was made", "undo by hand what its report names"]
        : [
            "cannot be told to have been made in this cluster: only one of its user and this one may read namespace kube-system",
            "undo it as the user who restored; or name the API server in the kubeconfig as that user does, with the same URL and CA; or have an administrator give this one the right to get namespace kube-system: kubectl create clusterrole ark-ts-identity --verb=get --resource=namespaces --resource-name=kube-system, and bind it with kubectl create clusterrolebinding ark-ts-identity --clusterrole=ark-ts-identity --user=NAME",
          ];
  throw new ArkError("ARK_UNDO_IMPOSSIBLE", `restore "${restore}" ${message}`, { advice });
}

type Work = (one: SurveyedChange, former: FormerObject | undefined) => Promise<void>;

/**
 * What was made goes first, last wave first; then comes back what was there, in the order in which
 * it was taken away. Waves are barriers. Put back before all is what would be deleted with an owner
 * that goes; namespaces and definitions go last, when all that may be left in them is known.
 */
async function inOrder(
  { source, context }: Prepared,
  { writers = defaultWriters }: UndoRequest,
  signal: AbortSignal,
  work: Work,
): Promise<void> {
  const surveyed = await surveyUndo(source, context, writers, signal);
  await holdNeeded(surveyed, context, signal);
  const rest = new Map(
    surveyed
      .filter(({ change }) => change.action !== "created")
      .map((one) => [changeKey(one.change), one] as const),
  );
  const comeBack = async (isTurn: (one: SurveyedChange) => boolean): Promise<void> => {
    for await (const part of source.formers(signal)) {
      await each(part, writers, signal, async (former) => {
        const one = rest.get(changeKey(former));
        if (one === undefined || !isTurn(one)) return;
        rest.delete(changeKey(former));
        await work(one, former);
      });
    }
  };
  if (surveyed.some((one) => one.beforeOwners)) await comeBack((one) => one.beforeOwners);
  const made = surveyed.filter(({ change }) => change.action === "created");
  const go = async (isTurn: (resource: string) => boolean): Promise<void> => {
    const here = made.filter(({ change }) => isTurn(change.resource));
    const waves = new Set(here.map(({ change }) => waveOf(change.resource)));
    for (const wave of [...waves].sort((a, b) => b - a)) {
      const ones = here.filter(({ change }) => waveOf(change.resource) === wave);
      await each(ones, writers, signal, (one) => work(one, undefined));
    }
  };
  await go((resource) => !holdOthers.includes(resource));
  await comeBack(() => true);
  await each([...rest.values()], writers, signal, (one) => work(one, undefined));
  await go((resource) => holdOthers.includes(resource));
}

async function each<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  await mapConcurrently(items, limit, async (item) => {
    signal.throwIfAborted();
    await work(item);
  });
}
