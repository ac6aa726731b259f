import type { RunLog } from "../../catalog/run-log.ts";
import type { SnapshotMarks, SnapshottingRun } from "../../domain/volumes/csi/snapshot-objects.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SnapshotApi } from "../../volumes/csi/snapshot-api.ts";
import type { CutGroup } from "../../volumes/csi/take-group.ts";
import type { CutSnapshot } from "../../volumes/csi/take-snapshot.ts";
import type { PlannedGroup } from "./planned-group.ts";
import type { PlannedSnapshot } from "./planned-snapshot.ts";

/** A snapshot of the run: cut, and ready once it is settled. */
export interface RunSnapshot extends PlannedSnapshot {
  readonly cut: CutSnapshot;
  /** The group that it was cut with; absent: it was cut alone. */
  readonly group?: CutGroup;
  /** RFC 3339. */
  readonly startedAt: string;
}

/** What snapshots of a run are taken with. */
export interface WorkOptions {
  readonly planned: readonly PlannedSnapshot[];
  /** Those of them that are cut as one. */
  readonly groups?: readonly PlannedGroup[];
  readonly run: SnapshottingRun;
  /** Asked for when a snapshot is begun. */
  readonly marks: (signal: AbortSignal) => Promise<SnapshotMarks>;
  readonly api: SnapshotApi;
  readonly clock: Clock;
  readonly log: RunLog;
  readonly cutLimitMs: number;
  readonly readyLimitMs: number;
  readonly onWait: (waitingFor: string) => void;
  /** A snapshot was cut. */
  readonly onCut: (snapshot: RunSnapshot) => void;
  /** It is ready, or will not be; the message is empty when it is. */
  readonly onEnd: (snapshot: RunSnapshot, problem: string) => void;
}
