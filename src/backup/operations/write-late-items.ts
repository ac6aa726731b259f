import type { RawObject } from "../../api/raw-object.ts";
import { apiVersion, type GroupResource, groupResource } from "../../api/resource-kind.ts";
import { formatReference } from "../../domain/references/item-reference.ts";
import type { ManifestKind } from "../../format/manifest.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ActionBackup, ItemAction, ItemActionResult } from "../../ports/item-action.ts";
import { actionsOn } from "../apply-actions.ts";
import type { CollectInput } from "../collect-input.ts";
import type { Collected } from "../collect-objects.ts";
import { createMemberBuilder, type MemberBuilder } from "../member-builder.ts";
import type { ReplayedLines } from "../replay.ts";
import type { SnapshotStage } from "../snapshots/snapshot-stage.ts";
import {
  type LateItem,
  type LateRequest,
  type LateSources,
  readCopies,
  readLateItems,
} from "./late-items.ts";

export interface LateWriting extends LateSources {
  readonly input: CollectInput;
  /** Beside what the ledger knows. */
  readonly wants: readonly LateRequest[];
  /** Executed on what is read again. */
  readonly actions: readonly ItemAction[];
  readonly backup: ActionBackup;
  readonly snapshots: Pick<SnapshotStage, "stored" | "omits" | "companions">;
}

/** Objects of a kind that came into the archive after what was listed of it. */
export type LateKind = Omit<ManifestKind, "cut" | "reason" | "oneRevision" | "names"> & {
  /** One of them is of another moment than the list. */
  readonly isCurrent: boolean;
};

/** Held in memory. */
const copiesAtOnce = 200;

/**
 * Reads the items that operations were to change, those that their actions asked for and no list had,
 * and the copies of all else that was held back, and writes each once. Their members follow all others.
 */
export async function writeLateItems(
  writing: LateWriting,
  signal: AbortSignal,
): Promise<readonly LateKind[]> {
  const { input, ledger, snapshots } = writing;
  const builders = new Map<GroupResource, MemberBuilder>();
  const kinds = new Map<GroupResource, LateKind>();
  const updates = ledger.updates().filter((item) => !snapshots.omits(item));
  const companions = await snapshots.companions(signal);
  let requests: LateRequest[] = [
    ...[...updates, ...companions].map((item) => ({ item, must: true })),
    ...ledger.asked(),
    ...writing.wants,
  ];
  const read = new Set(updates.map(formatReference));
  const copies = ledger.held().filter((item) => !read.has(formatReference(item)));
  while (requests.length + copies.length > 0) {
    const open = requests.filter(({ item }) => !ledger.isTaken(item));
    requests = [];
    const found = await readLateItems(open, writing, signal);
    const held = await readCopies(copies.splice(0, copiesAtOnce), writing, signal);
    for (const late of [...found, ...held]) {
      const { object: final, related } = await finalize(late, writing, signal);
      const { kind } = late;
      const resource = groupResource(kind);
      const object = snapshots.stored(resource, final);
      for (const { additionalItems } of related) {
        requests.push(...additionalItems.map((item) => ({ item, must: true })));
      }
      const { namespace, name } = object;
      if (ledger.isTaken({ resource, namespace, name })) continue;
      ledger.noteTaken({ resource, namespace, name });
      // What was held back has its name in the lists already.
      if (!ledger.isHeldBefore(resource, object)) {
        input.names.add(apiVersion(kind), kind.kind, object);
        input.ordered.note(resource, namespace, name);
      }
      const builder =
        builders.get(resource) ??
        createMemberBuilder(kind, { ...input, targetBytes: input.memberBytes });
      builders.set(resource, builder);
      kinds.set(resource, counted(kinds.get(resource), late, object));
      input.onObjects(1);
      const member = builder.add(object);
      if (member !== undefined) await input.archive.addMember(member, signal);
    }
  }
  for (const builder of builders.values()) {
    const rest = builder.close();
    if (rest !== undefined) await input.archive.addMember(rest, signal);
  }
  return [...kinds.values()];
}

/** What the actions make of an item that is read again; they may begin nothing more. */
async function finalize(
  { kind, object, isCurrent }: LateItem,
  { actions, backup, ledger, onFinding }: LateWriting,
  signal: AbortSignal,
): Promise<{
  readonly object: RawObject;
  readonly related: readonly Pick<ItemActionResult, "additionalItems">[];
}> {
  const act = isCurrent ? actionsOn(kind, actions, backup) : undefined;
  if (act === undefined) return { object, related: [] };
  const resource = groupResource(kind);
  const { namespace, name } = object;
  try {
    const acted = await act(object, signal);
    const before = await ledger.copyOf({ resource, namespace, name }, signal);
    return { object: acted.object ?? before ?? object, related: acted.related };
  } catch (thrown) {
    signal.throwIfAborted();
    const why = toArkError(thrown).message;
    const place = namespace === "" ? name : `${namespace}/${name}`;
    const message = `an item action failed on ${resource} ${place} after its operation, and the backup has it without what that would have changed: ${why}`;
    onFinding({ severity: "error", code: "ARK_ITEM_ACTION", resource, namespace, name, message });
    return { object, related: [] };
  }
}

function counted(before: LateKind | undefined, late: LateItem, object: RawObject): LateKind {
  const { kind, isCurrent } = late;
  return {
    resource: groupResource(kind),
    version: apiVersion(kind),
    kind: kind.kind,
    namespaced: kind.namespaced,
    count: (before?.count ?? 0) + 1,
    resourceVersion: object.resourceVersion,
    isCurrent: isCurrent || (before?.isCurrent ?? false),
  };
}

/** Late objects that an earlier process has in the archive: those that no list accounts for. */
export function lateBefore({
  lines,
  positions,
}: Pick<CollectInput, "positions"> & {
  readonly lines: ReadonlyMap<GroupResource, ReplayedLines>;
}): readonly LateKind[] {
  const listed = new Map<GroupResource, number>();
  for (const { resource, count, isOther = false } of positions.values()) {
    if (isOther) continue;
    listed.set(resource, (listed.get(resource) ?? 0) + count);
  }
  return [...lines].flatMap(([resource, { count, last }]) => {
    const rest = count - (listed.get(resource) ?? 0);
    if (rest <= 0) return [];
    const { version, kind, namespace = "", resourceVersion } = last;
    const namespaced = namespace !== "";
    return [{ resource, version, kind, namespaced, count: rest, resourceVersion, isCurrent: true }];
  });
}

/** What was collected, with what came late: a kind with such objects is of no one moment. */
export function withLate(collected: Collected, late: readonly LateKind[]): Collected {
  const kinds = new Map(collected.kinds.map((kind) => [kind.resource, kind]));
  for (const { isCurrent, count, ...rest } of late) {
    const listed = kinds.get(rest.resource) ?? { ...rest, count: 0, oneRevision: true };
    kinds.set(rest.resource, withMore(listed, count, isCurrent));
  }
  const objects = collected.objects + late.reduce((sum, { count }) => sum + count, 0);
  return { ...collected, kinds: [...kinds.values()], objects };
}

function withMore(listed: ManifestKind, count: number, isCurrent: boolean): ManifestKind {
  const all = { ...listed, count: listed.count + count };
  if (!isCurrent) return all;
  const { cut: _left, ...moved } = all;
  const reason = "some of its objects were read again after operations of item actions";
  return { ...moved, oneRevision: false, reason: listed.reason ?? reason };
}
