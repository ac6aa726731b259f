import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { namespacesToList } from "../domain/selection/namespace-filter.ts";
import { type ListPosition, listId } from "../format/checkpoint.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import type { CollectInput } from "./collect-input.ts";
import { isAskedFor } from "./is-asked-for.ts";
import { type ListCursor, type ListOutcome, type ListScope, listKind } from "./list-kind.ts";
import { getOrRefused, type RefusedNamespace, refusalOf } from "./survey-namespaces.ts";

const getsInFlight = 8;

/** One list of a kind as it goes: what it yields, and where it stands. */
export interface RunningList {
  readonly scope: ListScope;
  readonly named: ListName;
  /** See `listId`. */
  readonly id: string;
  readonly outcome: ListOutcome;
  readonly cursor: ListCursor;
  /** Objects of it that an earlier process has in the archive. */
  readonly countBefore: number;
  /** An earlier process took all of it: there is nothing to read. */
  readonly done: boolean;
  objects(signal: AbortSignal): AsyncGenerator<readonly RawObject[]>;
}

type ListName = Pick<
  ListPosition,
  "resource" | "version" | "isOther" | "namespace" | "labelSelector"
>;

function nameOf({ kind, namespace, labelSelector }: ListScope, input: CollectInput): ListName {
  return {
    resource: groupResource(kind),
    version: apiVersion(kind),
    ...(input.places === "other-version" && { isOther: true }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

/** The lists of a kind, each where an earlier process left it. */
export function listsOf(kind: ResourceKind, input: CollectInput): readonly RunningList[] {
  if (groupResource(kind) === "namespaces" && !input.survey.listable) {
    return [namespacesOneByOne(kind, input)];
  }
  const selectors = selectorsFor(kind, input);
  return listScopes(kind, input.plan, selectors).map((scope) => startList(scope, input));
}

/**
 * Selectors are left to the API server, unless items that they may not meet are wanted: then all
 * come, in one list. A continued run goes on as the earlier process began.
 */
function selectorsFor(kind: ResourceKind, input: CollectInput): readonly (string | undefined)[] {
  const { plan, wanted, positions } = input;
  const resource = groupResource(kind);
  const isRelated = plan.related.some((related) => related.kind === kind);
  const { selectors } = plan;
  // Of another version what was taken already says what is to come.
  const isOther = input.places === "other-version";
  if (selectors.length === 0 || isRelated || isOther || resource === "namespaces") {
    return [undefined];
  }
  const begun = [...positions.values()].filter(
    (position) => position.resource === resource && position.isOther !== true,
  );
  if (begun.length === 0) return isAskedFor(kind, plan, wanted) ? [undefined] : selectors;
  return begun.some((position) => position.labelSelector === undefined) ? [undefined] : selectors;
}

function startList(scope: ListScope, input: CollectInput): RunningList {
  const { cluster, clock, cutPlan } = input;
  const membership = cutPlan.membership(scope.kind);
  const named = nameOf(scope, input);
  const id = listId(named);
  const before = input.positions.get(id);
  const outcome: ListOutcome = before === undefined ? freshOutcome() : outcomeOf(before);
  if (before === undefined && !membership.member) outcome.reason = membership.reason;
  const cursor = cursorOf(before);
  const inCut = membership.member && cutPlan.sequence !== undefined;
  const ports = { cluster, clock, ...(inCut ? { cuts: cutPlan.sequence } : {}) };
  return {
    ...{ scope, named, id, outcome, cursor },
    countBefore: before?.count ?? 0,
    done: before?.done ?? false,
    objects: (signal) => listKind(scope, ports, outcome, signal, cursor),
  };
}

const freshOutcome = (): ListOutcome => ({ resourceVersion: "", oneRevision: true });

function outcomeOf(position: ListPosition): ListOutcome {
  const { resourceVersion, oneRevision, cut, reason } = position;
  return {
    resourceVersion,
    oneRevision,
    ...(cut === undefined ? {} : { cut }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function cursorOf(before: ListPosition | undefined): ListCursor {
  if (before === undefined) return { ordered: true };
  const { lastKey, continueToken, exactResourceVersion, ordered } = before;
  return {
    ordered,
    ...(lastKey === undefined ? {} : { startAfter: lastKey }),
    ...(continueToken === undefined ? {} : { continueToken }),
    ...(exactResourceVersion === undefined ? {} : { exactResourceVersion }),
  };
}

function listScopes(
  kind: ResourceKind,
  plan: BackupPlan,
  selectors: readonly (string | undefined)[],
): readonly ListScope[] {
  const namespaces = kind.namespaced ? namespacesToList(plan.namespaces) : undefined;
  return (namespaces ?? [undefined]).flatMap((namespace) =>
    selectors.map((labelSelector) => ({
      kind,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined || labelSelector === "" ? {} : { labelSelector }),
    })),
  );
}

/** For a user who may not list namespaces. Such a list cannot be taken up in the middle. */
function namespacesOneByOne(kind: ResourceKind, input: CollectInput): RunningList {
  const outcome: ListOutcome = {
    resourceVersion: "",
    oneRevision: false,
    reason: "namespaces may not be listed by this user: they were read one by one",
  };
  const scope: ListScope = { kind };
  const named = nameOf(scope, input);
  const id = listId(named);
  return {
    ...{ scope, named, id, outcome },
    cursor: { ordered: false },
    countBefore: 0,
    done: input.positions.get(id)?.done ?? false,
    async *objects(signal) {
      const refused: RefusedNamespace[] = [];
      const found = await mapConcurrently(input.survey.names, getsInFlight, (name) =>
        getOrRefused({ kind, name }, input.cluster, refused, signal),
      );
      const present = found.filter((object) => object !== undefined && object !== "refused");
      outcome.resourceVersion = present.at(-1)?.resourceVersion ?? "";
      yield present;
      const refusal = input.survey.refusal ?? refusalOf(refused);
      if (refusal !== undefined) throw refusal;
    },
  };
}

/** Where a list stands after `lastKey`, for the journal. */
export function positionOf(
  list: RunningList,
  at: Pick<ListPosition, "count" | "done" | "lastKey" | "wanted">,
): ListPosition {
  const { named, outcome, cursor } = list;
  const { wanted = [], ...rest } = at;
  const { continueToken, exactResourceVersion, ordered } = cursor;
  return {
    ...named,
    ...rest,
    ...(wanted.length === 0 ? {} : { wanted }),
    ordered,
    ...(continueToken === undefined ? {} : { continueToken }),
    ...(exactResourceVersion === undefined ? {} : { exactResourceVersion }),
    ...outcome,
  };
}
