import type { ObjectRef } from "../../ports/cluster.ts";
import type { TargetName } from "../report/tally.ts";

/** What is to stand for an object that is about to be deleted. */
export interface Replacement {
  readonly ref: ObjectRef;
  readonly resource: string;
  readonly target: TargetName;
  /** As it would be sent. */
  readonly body: Buffer;
  readonly fieldManager: string;
}

/** Tells before an object is deleted whether the one that is to stand for it could be made. */
export interface ReplacementChecks {
  /**
   * Asks once for each kind and namespace whether this user may create there, and, where the server
   * of the kind is sure to honour it, by a dry-run of this one object. What only the delete could
   * make room for is no refusal. Errors: those of the API server, which say that nothing was deleted.
   */
  check(replacement: Replacement, signal: AbortSignal): Promise<void>;
}
