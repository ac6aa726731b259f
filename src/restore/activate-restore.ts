import { readRestore } from "../catalog/read-restore.ts";
import type { Liveness } from "../catalog/run-owner.ts";
import { type RestorePlaces, whyNotEnded } from "../catalog/unrecorded-restore.ts";
import { activation } from "../domain/restore/passive/activate-patch.ts";
import { passiveKinds } from "../domain/restore/passive/make-passive.ts";
import { compareClusters } from "../domain/same-cluster.ts";
import type { PassiveItem } from "../format/passive-file.ts";
import type { WrittenForm } from "../format/restore-journal.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, hasCode, toArkError } from "../lib/errors.ts";
import { textAt } from "../lib/json-edit.ts";
import { stringifyJson } from "../lib/json-text.ts";
import type { Cluster } from "../ports/cluster.ts";
import { readPassive } from "./apply/keep-passive.ts";
import { readObject } from "./apply/read-object.ts";
import { formsWithoutOwners, writtenForm } from "./apply/written-form.ts";
import { discoverTargetKinds, type TargetKinds } from "./survey/target-kinds.ts";
import { clusterOfRestore } from "./undo/load-undo.ts";

/** What became of one object that a passive restore had made. */
export interface ActivatedItem extends PassiveItem {
  readonly kind: string;
  readonly outcome:
    | "activated"
    /** It is at work and carries no mark: it was put back before. */
    | "active"
    /** It carries no mark and does nothing: there is nothing to put it back by. */
    | "unmarked"
    /** All of it was changed meanwhile and stays; its mark was removed. */
    | "left"
    /** It is no more, or another object has its name. */
    | "gone"
    | "failed";
  /** Dotted paths of what somebody had changed meanwhile and what was left as it is. */
  readonly kept: readonly string[];
  /** With `unmarked`, `left`, `gone` and `failed`: a clause. */
  readonly reason?: string;
  /** Of what was written: how it stood, as it is and without its owners, and how it stands since. */
  readonly before?: readonly WrittenForm[];
  readonly written?: WrittenForm;
}

/** PartiallyFailed: something is not at work. Failed: of what is there, nothing is. */
export function phaseOfActivation(
  items: readonly ActivatedItem[],
): "Completed" | "PartiallyFailed" | "Failed" {
  const isAtRest = ({ outcome }: ActivatedItem) => outcome === "failed" || outcome === "unmarked";
  if (!items.some(isAtRest)) return "Completed";
  const there = items.filter(({ outcome }) => outcome !== "gone");
  return there.every(isAtRest) ? "Failed" : "PartiallyFailed";
}

const writers = 16;
/** How often an object is read again that others change at the same time. */
const maxRaces = 5;

export interface ActivationPlaces extends RestorePlaces {
  /** Absent: whether a restore that has not ended still runs is not known. */
  readonly liveness?: Liveness;
}

/**
 * Puts back to work what a passive restore has made: what it made itself, by uid, and nothing else.
 * May be asked again at any time. Errors: ARK_RESTORE_NOT_FOUND, ARK_USAGE (it was not passive, or
 * made in another cluster), those of the store and of discovery.
 */
export async function activateRestore(
  name: string,
  { cluster, ...places }: ActivationPlaces & { readonly cluster: Cluster },
  signal: AbortSignal,
): Promise<readonly ActivatedItem[]> {
  const items = await readItems(name, places, signal);
  await refuseElsewhere(name, places, cluster, signal);
  const target = await discoverTargetKinds(cluster, signal);
  const done: ActivatedItem[] = [];
  for (const resource of passiveKinds) {
    const ofKind = items.filter((item) => item.resource === resource);
    await mapConcurrently(ofKind, writers, async (item) => {
      done.push(await activate(item, cluster, target, signal));
    });
  }
  return done;
}

/** There all of it would be told as gone, though it still waits where it is. */
async function refuseElsewhere(
  name: string,
  { store, journalStore }: RestorePlaces,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  let there = await clusterOfRestore(store, name, signal);
  // A location that could not be written to: this machine keeps the record.
  if (there === "" && journalStore !== undefined) {
    there = await clusterOfRestore(journalStore, name, signal);
  }
  if (there === "") return;
  const here = await cluster.identity({ signal });
  if (compareClusters({ id: there }, here) !== "other") return;
  throw new ArkError(
    "ARK_USAGE",
    `restore "${name}" was made in another cluster (${there}; this one is ${here.id}): nothing of it is here to be activated`,
    { advice: "choose its context with --context" },
  );
}

async function readItems(
  name: string,
  { store, journalStore, liveness }: ActivationPlaces,
  signal: AbortSignal,
): Promise<readonly PassiveItem[]> {
  const elsewhere = journalStore && (await readPassive(journalStore, name, signal));
  try {
    await readRestore(store, name, { signal });
  } catch (thrown) {
    // A location that could not be written to: this machine keeps what is needed.
    if (!hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) throw thrown;
    if (elsewhere !== undefined) return elsewhere;
    const open = await whyNotEnded({ store, journalStore }, name, "activate it", {
      signal,
      liveness,
    });
    if (open === undefined) throw thrown;
    const { message, advice } = open;
    throw new ArkError("ARK_RESTORE_NOT_FOUND", message, { advice, cause: thrown });
  }
  const items = await readPassive(store, name, signal);
  if (items !== undefined) return items;
  throw new ArkError(
    "ARK_USAGE",
    `restore "${name}" made nothing passive: there is nothing to activate`,
    {
      advice: "a passive restore is made with: ark-ts restore create --from-backup NAME --passive",
    },
  );
}

type Fate = Omit<ActivatedItem, keyof PassiveItem | "kind">;

async function activate(
  item: PassiveItem,
  cluster: Cluster,
  target: TargetKinds,
  signal: AbortSignal,
): Promise<ActivatedItem> {
  const { resource, version, namespace, name } = item;
  const kind = target.find(resource, version);
  if (kind === undefined) {
    return { ...item, kind: resource, ...failed(`${version} is not served here`) };
  }
  try {
    const fate = await putBack(item, { kind, namespace, name }, cluster, signal);
    return { ...item, kind: kind.kind, ...fate };
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...item, kind: kind.kind, ...failed(toArkError(thrown).message) };
  }
}

async function putBack(
  item: PassiveItem,
  ref: Parameters<Cluster["get"]>[0],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Fate> {
  const what = `${ref.kind.kind} "${ref.name}" of the cluster`;
  for (let races = 0; races < maxRaces; races += 1) {
    const raw = await cluster.get(ref, { signal });
    if (raw === undefined) return gone("it is not there any more");
    const live = readObject(raw.bytes, what);
    if (textAt(live, ["metadata", "uid"]) !== item.uid) {
      return gone("another object has its name now, which is left alone");
    }
    const step = activation(live, item.resource);
    if (step.kind === "active") return { outcome: "active", kept: [] };
    if (step.kind === "unmarked") return { outcome: "unmarked", kept: [], reason: unmarked };
    if (step.kind === "unreadable") {
      return failed("its annotation of the originals was changed, and cannot be read");
    }
    try {
      const body = Buffer.from(stringifyJson(step.patch), "utf8");
      const made = await cluster.patch(ref, "merge", body, { fieldManager: "ark-ts", signal });
      const before = [writtenForm(raw), ...formsWithoutOwners(raw)];
      const forms = { before, written: writtenForm(made) };
      if (!step.isMarkOnly) return { outcome: "activated", kept: step.kept, ...forms };
      return { outcome: "left", kept: step.kept, reason: leftReason, ...forms };
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_API_CONFLICT") && !hasCode(thrown, "ARK_API_NOT_FOUND"))
        throw thrown;
    }
  }
  return failed("it was changed by others each time it was to be put back");
}

const unmarked =
  "it does nothing, and its annotation of the originals is gone: somebody removed that, or put it to rest again; what it was is in the backup";
const leftReason =
  "all that made it passive was changed meanwhile and stays as it is; only its annotation was removed";

function gone(reason: string): Fate {
  return { outcome: "gone", kept: [], reason };
}

function failed(reason: string): Fate {
  return { outcome: "failed", kept: [], reason };
}
