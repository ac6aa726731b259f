import type { RawObject } from "../../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { Finding } from "../../api/results.ts";
import { listAll } from "../../catalog/list-objects.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { formatReference } from "../../domain/references/item-reference.ts";
import { appliesToKind, itemFilter } from "../../domain/selection/item-selector.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import { createDisjointSets } from "../../lib/disjoint-sets.ts";
import { toArkError } from "../../lib/errors.ts";
import { createSemaphore } from "../../lib/semaphore.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { ActionBackup } from "../../ports/item-action.ts";
import type { ItemBlockAction } from "../../ports/item-block-action.ts";
import { endsTheRun } from "../list-kind.ts";

const callsInFlight = 8;

/** What the block actions of a run relate. */
export interface ItemRelations {
  /** The builder, with an eye on the items that pass. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /**
   * One text for all pods that are related, directly or through other items; undefined: with none.
   * Items of which only names passed, as an earlier process has taken them, are read from the
   * cluster as they are now; where that is refused they relate nothing.
   */
  relatedPods(
    ports: { readonly cluster: ClusterReader; readonly log: RunLog },
    signal: AbortSignal,
  ): Promise<(pod: { readonly namespace: string; readonly name: string }) => string | undefined>;
}

interface Applying {
  readonly kind: ResourceKind;
  readonly actions: readonly {
    readonly action: ItemBlockAction;
    readonly selects: (object: RawObject) => boolean;
  }[];
  /** Names that passed without their objects, by namespace. */
  readonly unread: Map<string, Set<string>>;
}

export function createItemRelations(
  kinds: readonly ResourceKind[],
  actions: readonly ItemBlockAction[],
  backup: ActionBackup,
  signal: AbortSignal,
): ItemRelations {
  const sets = createDisjointSets();
  const calls = createSemaphore(callsInFlight);
  const pending: Promise<void>[] = [];
  const failures: { readonly action: string; readonly object: Place; readonly error: unknown }[] =
    [];
  const byKind = applyingByKind(kinds, actions);
  const ask = async (
    action: ItemBlockAction,
    resource: string,
    object: RawObject,
  ): Promise<void> => {
    const leave = await calls.enter(signal);
    const { namespace, name } = object;
    try {
      const related = await action.relatedItems({ resource, object }, backup, signal);
      const own = formatReference({ resource, namespace, name });
      for (const one of related) sets.join(own, formatReference(one));
    } catch (error) {
      failures.push({ action: action.name, object: { resource, namespace, name }, error });
    } finally {
      leave();
    }
  };
  const observe = ({ kind, actions: applying }: Applying, object: RawObject): void => {
    for (const { action, selects } of applying) {
      if (selects(object)) pending.push(ask(action, groupResource(kind), object));
    }
  };
  return {
    watch: (names) => ({
      add(version, kindName, object) {
        const applying = byKind.get(`${version}/${kindName}`);
        if (applying !== undefined) {
          if ("bytes" in object) observe(applying, object as RawObject);
          else remember(applying.unread, object);
        }
        names.add(version, kindName, object);
      },
      finish: () => names.finish(),
    }),
    async relatedPods({ cluster, log }, stop) {
      for (const applying of byKind.values()) {
        for await (const object of readUnread(applying, cluster, stop)) observe(applying, object);
      }
      await Promise.all(pending.splice(0));
      stop.throwIfAborted();
      for (const { action, object, error } of failures.splice(0)) {
        log.find({ ...object, ...failureOf(action, object, error) });
      }
      return ({ namespace, name }) =>
        sets.setOf(formatReference({ resource: "pods", namespace, name }));
    },
  };
}

interface Place {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

function failureOf(
  action: string,
  { resource, namespace, name }: Place,
  error: unknown,
): Pick<Finding, "severity" | "code" | "message"> {
  const place = namespace === "" ? name : `${namespace}/${name}`;
  return {
    severity: "error",
    code: "ARK_ITEM_ACTION",
    message: `block action ${action} could not say what belongs to ${resource} ${place}: ${toArkError(error).message}; its pods may have been frozen apart from others`,
  };
}

function applyingByKind(
  kinds: readonly ResourceKind[],
  actions: readonly ItemBlockAction[],
): ReadonlyMap<string, Applying> {
  return new Map(
    kinds.flatMap((kind) => {
      const applying = actions
        .filter((action) => appliesToKind(action, groupResource(kind)))
        .map((action) => ({ action, selects: itemFilter(action) }));
      if (applying.length === 0) return [];
      return [
        [`${apiVersion(kind)}/${kind.kind}`, { kind, actions: applying, unread: new Map() }],
      ] as const;
    }),
  );
}

function remember(unread: Applying["unread"], { namespace, name }: Omit<Place, "resource">): void {
  const names = unread.get(namespace) ?? new Set();
  names.add(name);
  unread.set(namespace, names);
}

async function* readUnread(
  { kind, unread }: Applying,
  cluster: ClusterReader,
  signal: AbortSignal,
): AsyncGenerator<RawObject> {
  for (const [namespace, names] of unread) {
    try {
      for await (const object of listAll(cluster, { kind, namespace }, { signal })) {
        if (names.has(object.name)) yield object;
      }
    } catch (thrown) {
      signal.throwIfAborted();
      if (endsTheRun.has(toArkError(thrown).code)) throw thrown;
    }
  }
  unread.clear();
}
