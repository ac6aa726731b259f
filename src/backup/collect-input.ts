import type { RawObject } from "../api/raw-object.ts";
import type { GroupResource, ResourceKind } from "../api/resource-kind.ts";
import { groupResource } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import type { ListPosition } from "../format/checkpoint.ts";
import type { ResourceListBuilder } from "../format/resource-list.ts";
import type { Clock } from "../ports/clock.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { ActionBackup, ItemAction } from "../ports/item-action.ts";
import type { ArchiveWriter } from "./archive-writer.ts";
import type { MemberBuffers } from "./member-buffers.ts";
import type { EntryPlaces } from "./member-builder.ts";
import type { OperationLedger } from "./operations/operation-ledger.ts";
import type { OrderedItems } from "./ordered-items.ts";
import type { CutPlan } from "./plan-cut.ts";
import type { NamespaceSurvey } from "./survey-namespaces.ts";
import type { TakenNames } from "./taken-names.ts";
import type { WantedItems } from "./wanted-items.ts";

/** What collection works with; one for a run. */
export interface CollectInput {
  readonly plan: BackupPlan;
  readonly cutPlan: CutPlan;
  readonly survey: NamespaceSurvey;
  readonly cluster: ClusterReader;
  readonly clock: Clock;
  readonly archive: ArchiveWriter;
  readonly names: ResourceListBuilder;
  readonly mtimeSeconds: number;
  readonly buffers: MemberBuffers;
  /** Of a member, inflated; absent: the usual. */
  readonly memberBytes: number | undefined;
  readonly places: EntryPlaces;
  /** What was taken of kinds whose other versions are to be taken as well. */
  readonly taken: TakenNames;
  /** Where an earlier process left each list, by `listId`; empty for a new run. */
  readonly positions: ReadonlyMap<string, ListPosition>;
  /** What was referred to so far, by an earlier process as well. */
  readonly wanted: WantedItems;
  readonly ordered: OrderedItems;
  /** In the order in which they are executed. */
  readonly actions: readonly ItemAction[];
  readonly operations: OperationLedger;
  readonly actionBackup: ActionBackup;
  /** Drops objects that another list of the kind had, where several selectors can meet one object. */
  readonly onceEach: (
    kind: ResourceKind,
  ) => (objects: readonly RawObject[]) => readonly RawObject[];
  readonly onObjects: (count: number) => void;
  readonly onKind: (kind: ResourceKind, event: "begun" | "done") => void;
}

/** With several selectors one object can come several times; `seen` has those of an earlier process. */
export function createOnceEach(
  plan: BackupPlan,
  seen: ReadonlyMap<GroupResource, Set<string>>,
): CollectInput["onceEach"] {
  if (plan.selectors.length < 2) return () => (objects) => objects;
  const sets = new Map(seen);
  return (kind) => {
    const resource = groupResource(kind);
    const known = sets.get(resource) ?? new Set<string>();
    sets.set(resource, known);
    return (objects) =>
      objects.filter((object) => {
        const key = `${object.namespace}/${object.name}`;
        if (known.has(key)) return false;
        known.add(key);
        return true;
      });
  };
}
