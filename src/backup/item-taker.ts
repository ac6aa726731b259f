import type { RawObject } from "../api/raw-object.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { Finding } from "../api/results.ts";
import type { BackupPlan } from "../domain/plan.ts";
import { clusterRoleBindings, namespaces } from "../domain/references/edges.ts";
import {
  type DropReason,
  itemRules,
  reasonToDrop,
  selectorsOf,
} from "../domain/selection/item-verdict.ts";
import { takesNamespace } from "../domain/selection/namespace-tracker.ts";
import { toArkError } from "../lib/errors.ts";
import type { ItemAction } from "../ports/item-action.ts";
import { type ActOn, actionsOn } from "./apply-actions.ts";
import { followBinding } from "./follow-binding.ts";
import { noteTaken } from "./note-taken.ts";
import { tellWants, type WantedItems, type WantTeller } from "./wanted-items.ts";

/** Keeps or drops objects as they arrive, and notes what those that are taken refer to. */
export interface ItemTaker {
  /** Kinds are to be begun after those that may refer to them, namespaces last. */
  ofKind(kind: ResourceKind): KindTaker;
  readonly dropped: DropCounts;
  /** Items that an action failed on; they are not taken. */
  readonly findings: readonly Finding[];
}

export interface KindTaker {
  /** `bySelector`: the list was asked for with one, so all that comes is selected. */
  take(
    objects: readonly RawObject[],
    bySelector: boolean,
    signal: AbortSignal,
  ): Promise<readonly RawObject[]>;
  /** What a continued run must know of the objects that were read since the last call. */
  news(): readonly string[];
}

export type DropCounts = Readonly<Record<DropReason, number>>;

export const noneDropped: DropCounts = { terminating: 0, optedOut: 0, namespace: 0 };

export function createItemTaker(
  plan: BackupPlan,
  wanted: WantedItems,
  actions: readonly ItemAction[],
): ItemTaker {
  const dropped: Record<DropReason, number> = { ...noneDropped };
  const findings: Finding[] = [];
  const rules = itemRules(plan);

  const itemsOf = (kind: ResourceKind): KindTaker => {
    const resource = groupResource(kind);
    const act = actionsOn(kind, actions, plan);
    const teller = tellWants(wanted);
    const onFailure = (finding: Finding): void => void findings.push(finding);
    const acting = { resource, act, teller, onFailure };
    // Objects come by namespace: what each of them brings along is noted once for many.
    let notedNamespace: string | undefined;
    return {
      news: teller.news,
      async take(objects, bySelector, signal) {
        const taken: RawObject[] = [];
        for (const object of objects) {
          if (resource === clusterRoleBindings) followBinding(object, wanted, teller.want);
          const want = wanted.meet(resource, object);
          const verdict = rules(resource, object, { bySelector, want });
          if (verdict !== "taken") {
            if (verdict !== "unselected") dropped[verdict]++;
            if (want !== undefined) teller.met(resource, object);
            continue;
          }
          const acted = act === undefined ? object : await actOn(object, acting, signal);
          if (acted === undefined) continue;
          if (acted.namespace !== notedNamespace) noteTaken(wanted, resource, acted.namespace);
          notedNamespace = acted.namespace;
          taken.push(acted);
        }
        return taken;
      },
    };
  };
  const namespaceObjects: KindTaker = {
    news: () => [],
    async take(objects) {
      return objects.filter((object) => {
        const reason = reasonToDrop(plan, object);
        if (reason !== undefined) dropped[reason]++;
        return reason === undefined && takesNamespaceObject(object, plan, wanted);
      });
    },
  };
  return {
    dropped,
    findings,
    ofKind: (kind) => (groupResource(kind) === namespaces ? namespaceObjects : itemsOf(kind)),
  };
}

interface Acting {
  readonly resource: GroupResource;
  readonly act: ActOn | undefined;
  readonly teller: WantTeller;
  readonly onFailure: (finding: Finding) => void;
}

/** What the actions made of an object; undefined when it is left out. */
async function actOn(
  object: RawObject,
  { resource, act, teller, onFailure }: Acting,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  if (act === undefined) return object;
  try {
    const acted = await act(object, signal);
    for (const { additionalItems, mustInclude } of acted.related) {
      for (const item of additionalItems) teller.want(item, mustInclude ? "must" : "wanted");
    }
    return acted.object;
  } catch (thrown) {
    signal.throwIfAborted();
    const { namespace, name } = object;
    const place = namespace === "" ? name : `${namespace}/${name}`;
    const why = toArkError(thrown).message;
    onFailure({
      severity: "error",
      code: "ARK_ITEM_ACTION",
      resource,
      namespace,
      name,
      message: `an item action failed on ${resource} ${place}, which is not in this backup: ${why}`,
    });
    return undefined;
  }
}

function takesNamespaceObject(object: RawObject, plan: BackupPlan, wanted: WantedItems): boolean {
  const decoded = JSON.parse(object.bytes.toString()) as {
    readonly status?: { readonly phase?: string };
  };
  const active = decoded.status?.phase === "Active";
  return takesNamespace(
    { name: object.name, labels: object.labels, active },
    {
      filter: plan.namespaces,
      selectors: selectorsOf(plan),
      holdsTakenObject: wanted.meet(namespaces, object) !== undefined,
    },
  );
}
