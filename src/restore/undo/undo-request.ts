import type { Liveness, RunOwner } from "../../catalog/run-owner.ts";
import type { UndoVerdict } from "../../domain/restore/undo-verdict.ts";
import type { RestoreChange } from "../../format/restore-changes.ts";
import type { ArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import type { ObjectStore } from "../../ports/object-store.ts";

export interface UndoRequest {
  readonly restore: string;
  /** Who runs it. Absent: nobody can tell whether it is alive. */
  readonly owner?: RunOwner;
  /** Objects that were changed since are undone too. Default false. */
  readonly changedToo?: boolean;
  /** Claims and volumes may be deleted, with the data in them. Default false. */
  readonly dataToo?: boolean;
  /** Objects in work at once. Default 16. */
  readonly writers?: number;
  /** How long an object may take to go away before its former self is made. Default 120,000. */
  readonly objectGoneMs?: number;
}

export interface UndoPorts {
  readonly cluster: Cluster;
  readonly store: ObjectStore;
  /** Keeps the record of a restore whose location could not be written to. */
  readonly journalStore?: ObjectStore | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: no other undo of the restore counts as running. */
  readonly liveness?: Liveness;
}

/** One object that a restore changed, and what undoing does about it. */
export interface UndoStep {
  readonly change: RestoreChange;
  readonly verdict: UndoVerdict;
}

/** What became of one object. */
export interface UndoOutcome {
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly outcome: "deleted" | "put back" | "made again" | "done before" | "left" | "failed";
  readonly reason: string;
  /** Of what was put back or made again. */
  readonly uid?: string;
  /** Of what was deleted: it is there until others have taken these away. Absent: none. */
  readonly finalizers?: readonly string[];
  /** What to say to do it all the same. */
  readonly flag?: string;
  /** It is not in the cluster, or about to go: only the record of the restore has it. */
  readonly missing?: true;
}

export interface UndoReport {
  readonly restore: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** Completed: nothing is left. */
  readonly phase: "Completed" | "PartiallyFailed" | "Failed";
  readonly outcomes: readonly UndoOutcome[];
  /** Why it ended before its work was done. */
  readonly failure?: Pick<ArkError, "code" | "message">;
  /** Why this report could be written nowhere. */
  readonly unrecorded?: Pick<ArkError, "code" | "message">;
}
