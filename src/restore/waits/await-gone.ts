import { ArkError } from "../../lib/errors.ts";
import { arrayAt } from "../../lib/json-edit.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import type { TargetName } from "../report/tally.ts";
import type { RestoreLimits, RestorePorts } from "../restore-request.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { Waits } from "./waits.ts";

const firstPauseMs = 100;
const maxPauseMs = 1_000;

/** Where what it owns is orphaned: the garbage collector lets go of it in moments. */
const ofCollector = "orphan";

export const whoLetsGo = "see who has to let go of it: the controller of each finalizer";

/** What of a run a wait needs. */
export interface Waiting extends Pick<RestoreRun, "goneBy"> {
  readonly ports: Pick<RestorePorts, "cluster" | "clock">;
  readonly limits: Pick<RestoreLimits, "objectGoneMs">;
  readonly waits: Waits;
}

export interface LeavingObject {
  readonly ref: ObjectRef;
  readonly target: TargetName;
  readonly uid: string;
}

/**
 * Waits until an object that is being deleted is gone: its finalizers have done their work, or
 * another object has its name. An object is waited for once in a run, however often it is met.
 * `onHeld`: it is still there, and not for the garbage collector alone.
 * Errors: ARK_OBJECT_TERMINATING, which names what holds it; those of a GET.
 */
export async function awaitGone(
  { ref, target, uid }: LeavingObject,
  run: Waiting,
  signal: AbortSignal,
  onHeld: () => void = () => {},
): Promise<void> {
  const { cluster, clock } = run.ports;
  const limit = run.goneBy.get(uid) ?? clock.monotonicMs() + run.limits.objectGoneMs;
  run.goneBy.set(uid, limit);
  const waiting = run.waits.begin("object-terminating", limit - clock.monotonicMs(), signal);
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
      const raw = await cluster.get(ref, { signal });
      if (raw === undefined || raw.uid !== uid) return;
      const object = readObject(raw.bytes, `${target.kind} "${ref.name}" of the cluster`);
      const finalizers = arrayAt(object, ["metadata", "finalizers"]).join(", ");
      if (waiting.isLate) throw stillThere(target, finalizers, run);
      if (finalizers !== ofCollector) onHeld();
      waiting.show(describeTarget(target), finalizers === "" ? "" : `held by ${finalizers}`);
      await waiting.pause(pauseMs);
    }
  } finally {
    waiting.end();
  }
}

function stillThere(target: TargetName, finalizers: string, { limits }: Waiting): ArkError {
  const seconds = Math.round(limits.objectGoneMs / 1000);
  const held = finalizers === "" ? "" : `, held by its finalizers ${finalizers}`;
  return new ArkError(
    "ARK_OBJECT_TERMINATING",
    `${describeTarget(target)} is being deleted and was still there after ${seconds} s${held}`,
    { advice: `${whoLetsGo}; once it is gone, do the same again, a restore under another name` },
  );
}
