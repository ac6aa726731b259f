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
import type { HeldItem } from "../format/operation-record.ts";
import { toArkError } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";
import { type ActOn, actionsOn } from "./apply-actions.ts";
import type { CollectInput } from "./collect-input.ts";
import { followBinding } from "./follow-binding.ts";
import { keyOf } from "./list-kind.ts";
import { noteTaken } from "./note-taken.ts";
import { createMislabelled, type Mislabelled } from "./opt-outs.ts";
import { tellWants, type WantedItems, type WantTeller } from "./wanted-items.ts";

/** Keeps or drops objects as they arrive, and notes what those that are taken refer to. */
export interface ItemTaker {
  /** Kinds are to be begun after those that may refer to them, namespaces last. */
  ofKind(kind: ResourceKind): KindTaker;
  /** Without Namespace objects that opted out: the survey knows them. */
  readonly dropped: DropCounts;
  /** Taken, though their label seems to say otherwise. */
  readonly mislabelled: Mislabelled;
  /** Items that an action failed on; they are not taken. */
  readonly findings: readonly Finding[];
}

export interface TakenItems {
  /** To be written. */
  readonly taken: readonly RawObject[];
  /** Written later, when operations on them have ended: see {@link OperationLedger}. */
  readonly held: readonly RawObject[];
}

export interface KindTaker {
  /** `bySelector`: the list was asked for with one, so all that comes is selected. */
  take(
    objects: readonly RawObject[],
    bySelector: boolean,
    signal: AbortSignal,
  ): Promise<TakenItems>;
  /** Where an object that was taken stands in its list, whatever an action has named it. */
  listKey(object: RawObject): string;
  /** What a continued run must know of the objects that were read since the last call. */
  news(): readonly string[];
}

export type DropCounts = Readonly<Record<DropReason, number>>;

export const noneDropped: DropCounts = { terminating: 0, optedOut: 0, namespace: 0 };

export function createItemTaker(
  plan: BackupPlan,
  wanted: WantedItems,
  ledgered: Pick<CollectInput, "actions" | "actionBackup" | "operations">,
): ItemTaker {
  const dropped: Record<DropReason, number> = { ...noneDropped };
  const mislabelled = createMislabelled();
  const findings: Finding[] = [];
  const rules = itemRules(plan);

  const itemsOf = (kind: ResourceKind): KindTaker => {
    const resource = groupResource(kind);
    const { actions, actionBackup, operations } = ledgered;
    const act = actionsOn(kind, actions, actionBackup, operations);
    const teller = tellWants(wanted);
    const onFailure = (finding: Finding): void => void findings.push(finding);
    const acting = { resource, act, teller, onFailure };
    // Objects come by namespace: what each of them brings along is noted once for many.
    let notedNamespace: string | undefined;
    const renamed = new WeakMap<RawObject, string>();
    return {
      news: teller.news,
      listKey: (object) => renamed.get(object) ?? keyOf(object),
      async take(objects, bySelector, signal) {
        const taken: RawObject[] = [];
        const held: RawObject[] = [];
        for (const object of objects) {
          if (resource === clusterRoleBindings) followBinding(object, wanted, teller.want);
          const want = wanted.meet(resource, object);
          const verdict = rules(resource, object, { bySelector, want });
          if (verdict !== "taken") {
            if (verdict !== "unselected") dropped[verdict]++;
            if (want !== undefined) teller.met(resource, object);
            continue;
          }
          mislabelled.meet(resource, object);
          const acted = act === undefined ? object : await actOn(object, acting, signal);
          if (acted === undefined) continue;
          if (acted !== object) renamed.set(acted, keyOf(object));
          const { namespace, name } = acted;
          if (namespace !== notedNamespace) noteTaken(wanted, resource, namespace);
          notedNamespace = namespace;
          if (operations.isHeldBack(resource, acted)) {
            if (!operations.isHeldBefore(resource, acted)) held.push(acted);
            continue;
          }
          operations.noteTaken({ resource, namespace, name });
          taken.push(acted);
        }
        if (operations.isActive) await operations.settle(heldItems(resource, held), signal);
        return { taken, held };
      },
    };
  };
  const namespaceObjects: KindTaker = {
    news: () => [],
    listKey: keyOf,
    async take(objects) {
      const taken = objects.filter((object) => {
        const reason = reasonToDrop(plan, object);
        if (reason !== undefined && reason !== "optedOut") dropped[reason]++;
        return reason === undefined && takesNamespaceObject(object, plan, wanted);
      });
      for (const object of taken) {
        mislabelled.meet(namespaces, object);
        const { name } = object;
        ledgered.operations.noteTaken({ resource: namespaces, namespace: "", name });
      }
      return { taken, held: [] };
    },
  };
  return {
    dropped,
    mislabelled,
    findings,
    ofKind: (kind) => (groupResource(kind) === namespaces ? namespaceObjects : itemsOf(kind)),
  };
}

function heldItems(resource: GroupResource, objects: readonly RawObject[]): readonly HeldItem[] {
  return objects.map(({ namespace, name, bytes }) => {
    return { resource, namespace, name, text: bytes.toString() };
  });
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
  const decoded = decodeJson(object.bytes.toString()) as {
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
