import { isBehind } from "../../domain/restore/behind-service.ts";
import { callersOfServices } from "../../domain/restore/undo-needs.ts";
import type { StayPlace } from "../../domain/restore/undo-stays.ts";
import { objectKey } from "../apply/object-key.ts";
import { followOwners } from "../owners/owner-chain.ts";
import { findNeeding } from "./find-needing.ts";
import type { SurveyedChange } from "./survey-undo.ts";
import type { UndoContext } from "./undo-context.ts";

/**
 * Tells `context.stays` what would be deleted though something needs it that is left, or that others
 * have made since, and what that needs in turn: what it names and cannot do without, what it controls,
 * the bindings of an account, and what is behind a Service that the API server calls. Errors: those that end a run, those of a LIST.
 */
export async function holdNeeded(
  surveyed: readonly SurveyedChange[],
  context: UndoContext,
  signal: AbortSignal,
): Promise<void> {
  const { stays } = context;
  const going = indexGoing(surveyed);
  const held = new Set<SurveyedChange>();
  const left = surveyed.filter(isLeft);
  const hold = async (for_: StayPlace, next: SurveyedChange): Promise<void> => {
    stays.need(for_, next.change);
    if (held.has(next)) return;
    held.add(next);
    left.push(next);
    await leaveHeld(next, context, signal);
  };
  const holdAll = async (for_: StayPlace, needs: readonly StayPlace[]): Promise<void> => {
    for (const need of needs) {
      const named = going.byPlace.get(keyOf(need));
      if (named !== undefined) await hold(for_, named);
      if (named !== undefined && callersOfServices.includes(for_.resource)) {
        for (const one of behind(named, going)) await hold(named.change, one);
      }
      for (const binding of going.bindingsOf.get(keyOf(need)) ?? []) await hold(need, binding);
    }
  };
  for (const { place, needs } of await findNeeding(surveyed, going.byPlace, context, signal)) {
    await holdAll(place, needs);
  }
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { change, assessed } = one;
    for (const controlled of going.controlledBy.get(assessed?.live?.uid ?? "") ?? []) {
      await hold(change, controlled);
    }
    await holdAll(change, assessed?.live?.needs ?? []);
  }
}

interface Going {
  readonly byPlace: ReadonlyMap<string, SurveyedChange>;
  /** By the uid of the controller. */
  readonly controlledBy: ReadonlyMap<string, readonly SurveyedChange[]>;
  /** By the place of the account. */
  readonly bindingsOf: ReadonlyMap<string, readonly SurveyedChange[]>;
}

/** What would be deleted. */
function indexGoing(surveyed: readonly SurveyedChange[]): Going {
  const byPlace = new Map<string, SurveyedChange>();
  const controlledBy = new Map<string, SurveyedChange[]>();
  const bindingsOf = new Map<string, SurveyedChange[]>();
  const add = (map: Map<string, SurveyedChange[]>, key: string, one: SurveyedChange): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [one]);
    else list.push(one);
  };
  for (const one of surveyed) {
    const { live, verdict } = one.assessed ?? {};
    if (verdict?.step !== "delete" || live === undefined) continue;
    byPlace.set(keyOf(one.change), one);
    if (live.controller !== "") add(controlledBy, live.controller, one);
    for (const account of live.bound) add(bindingsOf, keyOf(account), one);
  }
  return { byPlace, controlledBy, bindingsOf };
}

/** What answers for a Service: without it, whoever calls that is no better off. */
function behind({ change, assessed }: SurveyedChange, { byPlace }: Going): SurveyedChange[] {
  const { selector } = assessed?.live?.serviceRole ?? {};
  if (selector === undefined) return [];
  const service = { name: change.name, selector };
  return [...byPlace.values()].filter(
    (one) =>
      one.change.namespace === change.namespace &&
      isBehind(service, one.assessed?.live?.serviceRole ?? {}),
  );
}

function keyOf({ resource, namespace, name }: StayPlace): string {
  return objectKey(resource, namespace, name);
}

/** With its namespace, its definition and its owners. */
async function leaveHeld(
  { change, assessed }: SurveyedChange,
  { stays, target, cluster }: UndoContext,
  signal: AbortSignal,
): Promise<void> {
  if (assessed?.live === undefined) return;
  const owners = new Set<string>();
  const look = { cluster, served: target.served };
  const unseen = await followOwners(look, assessed.live, owners, signal);
  if (unseen === undefined) stays.leave(change, owners);
  else stays.leaveUnseen(change);
}

function isLeft({ assessed }: SurveyedChange): boolean {
  const { live, verdict } = assessed ?? {};
  return verdict?.step === "left" && live !== undefined && !live.terminating;
}
