import {
  groupByContainer,
  type HookGroup,
  restoreHookKey,
} from "../../domain/hooks/restore-hook.ts";
import { restoreHooksOfPod } from "../../domain/hooks/restore-hooks-of-pod.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { OwedPod } from "./hook-ledger.ts";
import type { RestoredPod } from "./read-restored-pod.ts";
import { endedBefore } from "./replay-hooks.ts";

/** A pod on its way through its hooks. */
export interface AwaitedPod {
  readonly owed: OwedPod;
  /** Undefined: the pod has not been seen yet. */
  left: readonly HookGroup[] | undefined;
  isBusy: boolean;
  isDone: boolean;
  /** Empty: for nothing that could be named. */
  waitsFor: string;
  /** Learns its hooks from the pod as it is. */
  take(run: RestoreRun, live: RestoredPod): void;
}

export function awaitedPod(owed: OwedPod): AwaitedPod {
  return {
    owed,
    left: undefined,
    isBusy: false,
    isDone: false,
    waitsFor: "",
    take(run, live) {
      const resources = run.request.spec.hooks?.resources ?? [];
      const { hooks, misplaced, notes } = restoreHooksOfPod(live, resources);
      for (const note of notes) {
        run.log.write("warn", "a restore hook is not as it should be written", {
          pod: `${live.namespace}/${live.name}`,
          note,
        });
      }
      for (const { container } of misplaced) {
        run.log.find({
          severity: "warning",
          code: "ARK_HOOK_FAILED",
          message: `${describeTarget(owed.target)} has no container "${container}": its restore hook was left out`,
          resource: "pods",
          namespace: live.namespace,
          name: live.name,
        });
      }
      const open = hooks.filter(
        (hook) => !endedBefore(run, live, hook, restoreHookKey(live, hook)),
      );
      this.left = groupByContainer(open);
    },
  };
}
