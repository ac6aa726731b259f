import type { ObjectMeta } from "../api/object-meta.ts";
import { isCancelAsked, isGoing } from "../domain/backups/next-step.ts";
import { ArkError } from "../lib/errors.ts";
import type { ObjectKey } from "../runtime/object-key.ts";

/** A Backup or a Restore. */
interface Run {
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** The runs of this process; each may be told to end. */
export interface RunningRuns {
  /** Gives `work` a signal that aborts when the run is to be cancelled or its resource goes, or with `leave`. */
  run<T>(
    key: ObjectKey,
    run: Run,
    leave: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** What the cluster says of the resource now; undefined: it is gone. */
  look(key: ObjectKey, run: Run | undefined): void;
}

export function createRunningRuns(): RunningRuns {
  const running = new Map<ObjectKey, { readonly run: Run; readonly cancel: AbortController }>();
  const look: RunningRuns["look"] = (key, now) => {
    const mine = running.get(key);
    if (mine === undefined) return;
    const { run, cancel } = mine;
    const isGone = now === undefined || now.metadata.uid !== run.metadata.uid || isGoing(now);
    if (isGone || isCancelAsked(now)) cancel.abort(cancelled(run, isGone));
  };
  return {
    look,
    async run(key, run, leave, work) {
      const cancel = new AbortController();
      running.set(key, { run, cancel });
      look(key, run);
      try {
        return await work(AbortSignal.any([leave, cancel.signal]));
      } finally {
        running.delete(key);
      }
    },
  };
}

function cancelled({ kind }: Run, isGone: boolean): ArkError {
  const why = isGone ? `its ${kind} is gone` : "its user cancelled it";
  return new ArkError("ARK_CANCELLED", `the ${kind.toLowerCase()} does not go on: ${why}`);
}
