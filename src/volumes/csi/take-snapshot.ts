import {
  marksAsAnnotations,
  newSnapshot,
  runLabels,
  type SnapshotMarks,
  type SnapshottedClaim,
  type SnapshottingRun,
  snapshotName,
} from "../../domain/volumes/csi/snapshot-objects.ts";
import type { SnapshotState } from "../../domain/volumes/csi/snapshot-state.ts";
import type { SnapshotName } from "./snapshot-api.ts";
import { type SnapshotWatch, watchSnapshot } from "./watch-snapshot.ts";

/** The run that a snapshot is made for, and what it is marked with. */
export interface MarkedRun extends SnapshottingRun {
  readonly marks: SnapshotMarks;
}

export interface CutSnapshot extends SnapshotName {
  readonly state: SnapshotState;
}

/** Whether the snapshot holds the moment already, and the volume may change again. */
const isCut = ({ step }: SnapshotState): boolean => step === "cut" || step === "ready";

/**
 * Makes the snapshot of a claim, or finds the one that an earlier process of the run has made, and
 * returns when the storage has cut it. What it has made stays where it throws. Errors:
 * ARK_SNAPSHOT_FAILED, those of the API server.
 */
export async function takeSnapshot(
  claim: SnapshottedClaim,
  { run, className }: { readonly run: MarkedRun; readonly className: string },
  watch: SnapshotWatch,
  signal: AbortSignal,
): Promise<CutSnapshot> {
  const name = { namespace: claim.namespace, name: snapshotName(claim, run) };
  const { state } = await watch.api.look(name, signal);
  if (state.step === "absent") {
    await watch.api.create(name, newSnapshot(claim, run, className), signal);
  }
  return { ...name, state: await watchSnapshot(name, isCut, watch, signal) };
}

/**
 * Returns when a snapshot that is cut can be used, and outlives its VolumeSnapshot from then on: the
 * storage's own is kept whatever is deleted in the cluster. Errors: as {@link takeSnapshot}.
 */
export async function settleSnapshot(
  name: SnapshotName,
  run: MarkedRun,
  watch: SnapshotWatch,
  signal: AbortSignal,
): Promise<SnapshotState> {
  const state = await watchSnapshot(name, ({ step }) => step === "ready", watch, signal);
  const metadata = { labels: runLabels(run), annotations: marksAsAnnotations(run.marks) };
  const patch = { metadata, spec: { deletionPolicy: "Retain" } };
  await watch.api.patchContent(state.content, patch, signal);
  return state;
}
