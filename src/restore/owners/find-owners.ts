import type { OwnerReference } from "../../api/owner-reference.ts";
import { apiVersion, groupResource } from "../../api/resource-kind.ts";
import { whyNoOwner } from "../../domain/restore/owner-references.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { toArkError } from "../../lib/errors.ts";
import { objectKey } from "../apply/object-key.ts";
import { isPlanned } from "../plan-restore.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import { type RestoreRun, targetOf } from "../restore-run.ts";
import { type NamedObject, readNamed } from "../survey/read-named.ts";
import { kindOfOwner, type LiveOwner } from "./owner-lookup.ts";
import type { Dependent } from "./owner-table.ts";

export type OwnerAnswer =
  | { readonly state: "there"; readonly owner: OwnerReference }
  | { readonly state: "absent"; readonly reason: string };

export interface OwedOwner {
  readonly dependent: Dependent;
  readonly owner: OwnerReference;
}

/**
 * Looks owners up in the target. One of the restored set is what stands under its name now, whoever
 * made it; any other is an owner only if it still has the very uid that the backup names.
 */
export async function findOwners(
  run: RestoreRun,
  owed: readonly OwedOwner[],
  signal: AbortSignal,
): Promise<(owed: OwedOwner) => OwnerAnswer> {
  await lookIntoIndex(run, owed, signal);
  const names = new Map<string, NamedObject>();
  for (const one of owed) {
    const name = ownerName(run, one);
    if (name !== undefined) names.set(keyOf(name), name);
  }
  const { live, unreadable } = await readLiveOwners(run, [...names.values()], signal);
  return (one) => {
    const name = ownerName(run, one);
    if (name === undefined) return absent("its kind is not served here");
    const found = live.get(keyOf(name));
    const why = unreadable.get(groupResource(name.kind));
    if (found === undefined) return absent(why ?? "it is not there");
    if (found.terminating) return absent("it is being deleted");
    const isRestored = run.owners.inBackup.has(one.owner.uid);
    if (!isRestored && found.uid !== one.owner.uid) {
      return absent("it is no part of this restore, and what is there is another object");
    }
    const misplaced = whyNoOwner(one.dependent.target.namespace, name.namespace);
    if (misplaced !== undefined) return absent(misplaced);
    const { kind } = name.kind;
    const served = apiVersion(name.kind);
    const owner = { ...one.owner, apiVersion: served, kind, name: name.name, uid: found.uid };
    return { state: "there", owner };
  };
}

const absent = (reason: string): OwnerAnswer => ({ state: "absent", reason });

const keyOf = ({ kind, namespace, name }: NamedObject): string =>
  objectKey(groupResource(kind), namespace, name);

/** One pass over the index for all uids that were not looked for yet. */
async function lookIntoIndex(
  run: RestoreRun,
  owed: readonly OwedOwner[],
  signal: AbortSignal,
): Promise<void> {
  const { owners, backup, plan } = run;
  const uids = new Set(owed.map(({ owner }) => owner.uid).filter((uid) => !owners.asked.has(uid)));
  if (uids.size === 0) return;
  for await (const line of backup.index(signal)) {
    if (!uids.has(line.uid) || !isPlanned(plan, line)) continue;
    const renamed = owners.renamed.get(itemKey(journalItem(line)));
    const plain = { resource: line.resource, target: targetOf(plan, line) };
    owners.inBackup.set(line.uid, renamed ?? plain);
  }
  for (const uid of uids) owners.asked.add(uid);
}

/** Where an owner stands in the target, if it does; undefined: its kind is not served. */
function ownerName(run: RestoreRun, { dependent, owner }: OwedOwner): NamedObject | undefined {
  const restored = run.owners.inBackup.get(owner.uid);
  if (restored !== undefined) {
    const { version, namespace, name } = restored.target;
    const kind = run.target.find(restored.resource, version);
    return kind && { kind, namespace, name };
  }
  const kind = kindOfOwner(run.target, owner);
  const namespace = kind?.namespaced === true ? dependent.target.namespace : "";
  return kind && { kind, namespace, name: owner.name };
}

async function readLiveOwners(
  run: RestoreRun,
  names: readonly NamedObject[],
  signal: AbortSignal,
): Promise<{
  readonly live: ReadonlyMap<string, LiveOwner>;
  /** Why, by group-resource. */
  readonly unreadable: ReadonlyMap<string, string>;
}> {
  const live = new Map<string, LiveOwner>();
  const unreadable = new Map<string, string>();
  for (const [resource, ofKind] of Map.groupBy(names, ({ kind }) => groupResource(kind))) {
    try {
      const { cluster } = run.ports;
      await readNamed(ofKind, cluster, { limit: run.limits.readers, signal }, (object, of) => {
        live.set(keyOf(of), { uid: object.uid, terminating: object.terminating });
      });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun(error.code)) throw error;
      unreadable.set(resource, `it could not be read: ${error.message}`);
    }
  }
  return { live, unreadable };
}
