import type { GroupResource } from "../api/resource-kind.ts";
import { resourceOrders } from "../domain/ordered-resources.ts";
import type { ResourceListBuilder } from "../format/resource-list.ts";
import type { ArchiveWriter } from "./archive-writer.ts";
import { type CollectInput, createOnceEach } from "./collect-input.ts";
import { type InterruptedRun, indexLinesOf } from "./interrupted-run.ts";
import { noteTaken } from "./note-taken.ts";
import { createOrderedItems } from "./ordered-items.ts";
import type { PlannedRun } from "./plan-run.ts";
import { createWantedItems, replayWant } from "./wanted-items.ts";

/** What later stages must know of objects that an earlier process took. */
export interface Replayed extends Pick<CollectInput, "wanted" | "ordered" | "onceEach"> {
  readonly objects: number;
}

/** Feeds the index lines of an interrupted run to the index and to the list of names. */
export async function replay(
  { plan, discovery }: PlannedRun,
  before: InterruptedRun | undefined,
  into: { readonly archive: ArchiveWriter; readonly names: ResourceListBuilder },
  signal: AbortSignal,
): Promise<Replayed> {
  const wanted = createWantedItems();
  const ordered = createOrderedItems(resourceOrders(plan.spec, discovery.kinds));
  const seen = new Map<GroupResource, Set<string>>();
  let objects = 0;
  if (before !== undefined) {
    for (const text of before.wanted) replayWant(wanted, text);
    for await (const { text, lines } of indexLinesOf(before.indexTexts(signal))) {
      await into.archive.addIndexText(text, signal);
      for (const { version, kind, resource, namespace = "", name } of lines) {
        into.names.add(version, kind, { namespace, name });
        ordered.note(resource, namespace, name);
        noteTaken(wanted, resource, namespace);
        wanted.meet(resource, { namespace, name });
        if (plan.selectors.length > 1) remember(seen, resource, `${namespace}/${name}`);
      }
      objects += lines.length;
    }
  }
  return { wanted, ordered, onceEach: createOnceEach(plan, seen), objects };
}

function remember(seen: Map<GroupResource, Set<string>>, resource: string, key: string): void {
  const keys = seen.get(resource) ?? new Set();
  keys.add(key);
  seen.set(resource, keys);
}
