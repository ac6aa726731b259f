import { lastRecord, type NameScope } from "../catalog/name-claim.ts";
import type { RunOwner } from "../catalog/run-owner.ts";
import type { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { ControllerContext } from "./controller-context.ts";

/**
 * Whether a run in a bucket may be cleared away: it is of this server, by its Lease, so that no other
 * process may write for it.
 */
export function isOfThisServer(
  { owner: theirs }: { readonly owner: RunOwner },
  { owner, liveness }: Pick<ControllerContext, "owner" | "liveness">,
): boolean {
  const haveTerms = theirs.term !== undefined && owner.term !== undefined;
  return haveTerms && liveness(theirs) !== "unknown";
}

interface OwnRun {
  readonly scope: NameScope<unknown>;
  readonly name: string;
  readonly runUid: string;
  readonly store: ObjectStore;
}

/**
 * Whether a run ended with `error` because another process has this very run, which is then what ends
 * it: it is looked at again later, and nothing is written of it here. Errors: those of the store.
 */
export async function isWithAnother(
  error: ArkError,
  { scope, name, runUid, store }: OwnRun,
  signal: AbortSignal,
): Promise<boolean> {
  if (error.code === "ARK_NAME_LOST") return true;
  if (error.code !== "ARK_NAME_IN_USE") return false;
  const last = await lastRecord(scope, name, store, signal);
  return last?.record.runUid === runUid;
}
