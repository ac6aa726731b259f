import type { RawObject } from "../../api/raw-object.ts";
import type { ReadBack } from "../../api/read-back.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { objectKey } from "../apply/object-key.ts";
import { readObject } from "../apply/read-object.ts";
import { standingOf } from "../apply/standing.ts";
import { describeTarget, type RestoreRun, ruleContext, targetOf } from "../restore-run.ts";
import { createExaminer, type Examiner } from "./examine-differing.ts";
import { createReadBackTally, type ReadBackTally } from "./read-back-tally.ts";
import { readPlace } from "./read-place.ts";
import { reportReadBack } from "./report-read-back.ts";
import { type RestoredPlace, sidesOf } from "./restored-objects.ts";

/** Findings of objects that are gone. */
const maxGone = 50;

/**
 * Reads back what the run has created and updated, one LIST for each kind and namespace, and
 * compares it with what it was to be. What was changed on the way, and by whom, becomes warnings
 * and counts; nothing here fails a restore. Undefined: not asked for, nothing was written, or it
 * could not be read. Memory: 16 bytes an object, and 16 MiB of those that differ.
 */
export async function compareRestored(
  run: RestoreRun,
  signal: AbortSignal,
): Promise<ReadBack | undefined> {
  if (run.request.readBack === false) return undefined;
  noteFormerProcesses(run);
  const places = run.restored.places();
  if (places.length === 0) return undefined;
  run.progress.enter("reading back");
  try {
    return await compareAll(run, places, signal);
  } catch (thrown) {
    const { code, message } = toArkError(thrown);
    if (signal.aborted) run.log.write("info", "reading back was cut short", { code, message });
    else {
      run.log.find({
        severity: "warning",
        code: "ARK_READ_BACK_FAILED",
        message: `what was restored could not be compared with the backup: ${message}`,
        advice: `to see what differs now: ark-ts diff ${run.backup.name}`,
      });
    }
    return undefined;
  }
}

async function compareAll(
  run: RestoreRun,
  places: readonly RestoredPlace[],
  signal: AbortSignal,
): Promise<ReadBack> {
  const tally = createReadBackTally();
  const examiner = createExaminer(run, tally, signal);
  const unread = new Set<string>();
  await mapConcurrently(places, run.limits.readers, async (place) => {
    try {
      await comparePlace({ run, tally, examiner }, place, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      unread.add(placeKey(place.resource, place.namespace));
      const { code, message } = toArkError(thrown);
      const { resource, namespace } = place;
      run.log.find({
        severity: "warning",
        code: "ARK_READ_BACK_FAILED",
        message: `the ${place.count} ${resource} that were restored could not be read back: ${message}`,
        resource,
        namespace,
      });
      run.log.write("debug", "not read back", { code, resource, namespace });
    }
  });
  await examiner.finish();
  if (run.restored.unmet() > 0) await tellGone(run, tally, unread, signal);
  const result = tally.result();
  reportReadBack(result, run.log);
  return result;
}

/** Processes that died have left names; what the objects were to be stands in the backup. */
function noteFormerProcesses({ before, plan, restored }: RestoreRun): void {
  for (const outcome of before.outcomes.values()) {
    const { resource, changedBy = [] } = outcome;
    const action = outcome.action === "recreated" ? "created" : outcome.action;
    // Namespaces are made in another way, and kept as they are.
    if (resource === "namespaces" || (action !== "created" && action !== "updated")) continue;
    const former = { ...standingOf({ plan }, outcome), line: outcome };
    restored.noteFormer({ ...former, action, isNameSure: changedBy.length === 0 });
  }
}

interface Comparing {
  readonly run: RestoreRun;
  readonly tally: ReadBackTally;
  readonly examiner: Examiner;
}

async function comparePlace(
  { run, tally, examiner }: Comparing,
  place: RestoredPlace,
  signal: AbortSignal,
): Promise<void> {
  const { resource, version } = place;
  const kind = run.target.find(resource, version);
  if (kind === undefined) {
    throw new ArkError("ARK_KIND_NOT_SERVED", `${version} ${resource} is no longer served`);
  }
  const context = ruleContext(run.plan, run.request)(resource);
  const meet = async (object: RawObject): Promise<void> => {
    const key = objectKey(resource, object.namespace, object.name);
    // What is on its way out is told as gone.
    if (object.terminating) return;
    const match = run.restored.meet(key, object, () => {
      const live = readObject(object.bytes, `${kind.kind} "${object.name}" of the cluster`);
      return sidesOf({ resource, context, desired: {} }, live).present;
    });
    if (match === "absent") return;
    tally.compared += 1;
    if (match === "same") tally.asPlanned += 1;
    else await examiner.take({ key, kind, bytes: object.bytes });
  };
  await readPlace({ cluster: run.ports.cluster, kind, place, meet }, signal);
}

function placeKey(resource: string, namespace: string): string {
  return `${resource}/${namespace}`;
}

/** Names them by one pass over the index. */
async function tellGone(
  run: RestoreRun,
  tally: ReadBackTally,
  unread: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  for await (const line of run.backup.index(signal)) {
    const target = targetOf(run.plan, line);
    const { namespace, name } = target;
    const { resource } = line;
    const key = run.restored.nameOf(objectKey(resource, namespace, name));
    if (!run.restored.isUnmet(key)) continue;
    run.restored.pass(key);
    if (unread.has(placeKey(resource, namespace)) || run.restored.isDoubtful(key)) {
      tally.unread += 1;
      continue;
    }
    tally.vanished += 1;
    if (tally.vanished > maxGone) continue;
    run.log.find({
      severity: "warning",
      code: "ARK_RESTORED_GONE",
      message: `${describeTarget(target)} was restored and is gone, or going: something in the cluster deleted it`,
      resource,
      namespace,
      name,
    });
  }
  const untold = tally.vanished - maxGone;
  if (untold <= 0) return;
  run.log.find({
    severity: "warning",
    code: "ARK_RESTORED_GONE",
    message: `${untold} more objects were restored and are gone`,
  });
}
