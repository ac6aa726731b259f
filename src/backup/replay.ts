import {
  apiVersion,
  type GroupResource,
  groupResource,
  type ResourceKind,
} from "../api/resource-kind.ts";
import { resourceOrders } from "../domain/ordered-resources.ts";
import type { BackupPlan } from "../domain/plan.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { ResourceListBuilder } from "../format/resource-list.ts";
import type { ArchiveWriter } from "./archive-writer.ts";
import { type CollectInput, createOnceEach } from "./collect-input.ts";
import { type InterruptedRun, indexLinesOf } from "./interrupted-run.ts";
import { noteTaken } from "./note-taken.ts";
import type { OperationLedger } from "./operations/operation-ledger.ts";
import { createOrderedItems } from "./ordered-items.ts";
import type { PlannedRun } from "./plan-run.ts";
import { createWantedItems, replayWant } from "./wanted-items.ts";

/** What later stages must know of objects that an earlier process took. */
export interface Replayed extends Pick<CollectInput, "wanted" | "ordered" | "onceEach"> {
  readonly objects: number;
  /** Lines of each kind, and what the last one says of it. */
  readonly lines: ReadonlyMap<GroupResource, ReplayedLines>;
}

export interface ReplayedLines {
  readonly count: number;
  readonly last: IndexLine;
}

/** Feeds the index lines of an interrupted run to the index and to the list of names. */
export async function replay(
  { plan, discovery }: PlannedRun,
  before: InterruptedRun | undefined,
  into: {
    readonly archive: ArchiveWriter;
    readonly names: ResourceListBuilder;
    readonly operations: OperationLedger;
  },
  signal: AbortSignal,
): Promise<Replayed> {
  const wanted = createWantedItems();
  const ordered = createOrderedItems(resourceOrders(plan.spec, discovery.kinds));
  const seen = new Map<GroupResource, Set<string>>();
  const counted = new Map<GroupResource, ReplayedLines>();
  let objects = 0;
  if (before !== undefined) {
    for (const text of before.wanted) replayWant(wanted, text);
    for await (const { texts, lines } of indexLinesOf(before.indexTexts(signal))) {
      await into.archive.addIndexText(texts, signal);
      for (const line of lines) {
        const { version, kind, resource, namespace = "", name } = line;
        into.operations.noteTaken({ resource, namespace, name });
        counted.set(resource, { count: (counted.get(resource)?.count ?? 0) + 1, last: line });
        into.names.add(version, kind, { namespace, name });
        ordered.note(resource, namespace, name);
        noteTaken(wanted, resource, namespace);
        wanted.meet(resource, { namespace, name });
        if (plan.selectors.length > 1) remember(seen, resource, `${namespace}/${name}`);
      }
      objects += lines.length;
    }
    for (const { resource, namespace, name } of into.operations.held()) {
      if (into.operations.isTaken({ resource, namespace, name })) continue;
      const kind = kindOf(resource, plan);
      if (kind !== undefined) into.names.add(apiVersion(kind), kind.kind, { namespace, name });
      ordered.note(resource, namespace, name);
      noteTaken(wanted, resource, namespace);
      wanted.meet(resource, { namespace, name });
    }
  }
  return { wanted, ordered, onceEach: createOnceEach(plan, seen), objects, lines: counted };
}

function kindOf(resource: GroupResource, { kinds, related }: BackupPlan): ResourceKind | undefined {
  const all = [...kinds, ...related.map(({ kind }) => kind)];
  return all.find((kind) => groupResource(kind) === resource);
}

function remember(seen: Map<GroupResource, Set<string>>, resource: string, key: string): void {
  const keys = seen.get(resource) ?? new Set();
  keys.add(key);
  seen.set(resource, keys);
}
