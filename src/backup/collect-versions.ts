import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { ManifestKind } from "../format/manifest.ts";
import { runInOrder } from "../lib/run-in-order.ts";
import type { CollectInput } from "./collect-input.ts";
import { collectKind, type KindFailure } from "./collect-kind.ts";
import { isRemoved } from "./is-removed.ts";
import type { KindTaker } from "./item-taker.ts";
import { keyOf } from "./list-kind.ts";

const versionsInFlight = 4;

/** What came of the further versions of the kinds that were taken. */
export interface VersionOutcome {
  /** One for each version that was listed, in the order of the plan. */
  readonly versions: readonly ManifestKind[];
  readonly failures: readonly KindFailure[];
}

/**
 * Lists each kind of which something was taken in its other served versions, and writes exactly
 * those objects into the folder of the version. Errors: as `collectObjects`.
 */
export async function collectVersions(
  input: CollectInput,
  signal: AbortSignal,
): Promise<VersionOutcome> {
  const { plan, taken } = input;
  const others = (plan.otherVersions ?? []).filter((kind) => taken.count(groupResource(kind)) > 0);
  const found = new Map<ResourceKind, ManifestKind>();
  const failures: KindFailure[] = [];
  const asOther = otherVersionInput(input);
  const work = async (kind: ResourceKind): Promise<void> => {
    const { entry, error } = await collectKind(kind, asOther, onlyTaken(kind, input), signal);
    if (error === undefined || entry.count > 0) found.set(kind, entry);
    if (error === undefined) return;
    const removed = await isRemoved(kind, error, input, signal, "version");
    failures.push({ kind, error, taken: entry.count, ...(removed && { removed }) });
  };
  await runInOrder(others, versionsInFlight, () => false, work);
  const versions = others.flatMap((kind) => found.get(kind) ?? []);
  return { versions, failures };
}

/** The same objects once more: nothing of them is counted, named or chosen again. */
function otherVersionInput(input: CollectInput): CollectInput {
  return {
    ...input,
    places: "other-version",
    names: { add: () => undefined, finish: () => input.names.finish() },
    ordered: { ...input.ordered, note: () => undefined },
    onceEach: () => (objects) => objects,
    onObjects: () => undefined,
  };
}

function onlyTaken(kind: ResourceKind, { taken }: CollectInput): KindTaker {
  const resource = groupResource(kind);
  return {
    async take(objects) {
      return { taken: objects.filter((object) => taken.has(resource, object)), held: [] };
    },
    listKey: keyOf,
    news: () => [],
  };
}
