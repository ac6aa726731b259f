import { type GroupResource, groupResource } from "../api/resource-kind.ts";
import type { BackupPorts, BackupProgress } from "./backup-run.ts";
import type { CollectInput } from "./collect-input.ts";
import type { PlannedRun } from "./plan-run.ts";

/** Objects come in thousands of small batches; nobody reads faster than this. */
const progressEveryMs = 50;

export interface CaptureProgress extends Pick<CollectInput, "onObjects" | "onKind"> {
  /** Objects of each kind, where the API server tells. */
  expect(counts: ReadonlyMap<GroupResource, number>): void;
  wait(waitingFor: string): void;
}

/** `objectsBefore` are those that an earlier process of the run has in the archive. */
export function trackProgress(
  run: PlannedRun,
  bytes: () => number,
  objectsBefore: number,
  ports: Pick<BackupPorts, "clock" | "onProgress">,
): CaptureProgress {
  const inScope = run.plan.kinds.map(groupResource);
  const state = { kindsDone: 0, objects: objectsBefore };
  let total: number | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  const tell = (waitingFor?: string): void => {
    toldMs = ports.clock.monotonicMs();
    const progress: BackupProgress = {
      ...state,
      kindsTotal: inScope.length,
      bytes: bytes(),
      ...(total === undefined ? {} : { objectsExpected: total }),
      ...(waitingFor === undefined ? {} : { waitingFor }),
    };
    ports.onProgress?.(progress);
  };
  return {
    expect(counts) {
      if (!inScope.every((kind) => counts.has(kind))) return;
      total = inScope.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
    },
    onObjects(count) {
      state.objects += count;
      if (ports.clock.monotonicMs() - toldMs >= progressEveryMs) tell();
    },
    onKind(_kind, event) {
      if (event === "done") state.kindsDone++;
      tell();
    },
    wait: tell,
  };
}
