import type { UndoStays } from "../../domain/restore/undo-stays.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";
import type { ActivatedForm } from "./activated-before.ts";
import type { ClaimSurvey } from "./survey-claims.ts";

/** What undoing knows beside the object at hand. */
export interface UndoContext {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly target: TargetKinds;
  readonly changedToo: boolean;
  readonly dataToo: boolean;
  /** Aborts some time after the undo was cancelled: what was deleted is made again until then. */
  readonly late: AbortSignal;
  readonly claims: ClaimSurvey;
  /** uids of what this undo deletes, as it goes on: no content of a namespace or definition. */
  readonly going: Set<string>;
  /** What it does not delete, as it goes on. */
  readonly stays: UndoStays;
  /** uids of what the restore made. */
  readonly made: ReadonlySet<string>;
  /** By uid: what activating the restore has written since. */
  readonly activated: ReadonlyMap<string, ActivatedForm>;
  /** RFC 3339; when the restore began and ended. Empty: not known. */
  readonly restored: { readonly began: string; readonly ended: string };
  /** By object key: uid of what was put back or made again when it was undone before. */
  readonly undone: ReadonlyMap<string, string>;
  /** By object key: what an undo before this one has done with. */
  readonly settled: ReadonlySet<string>;
}
