import { restoreKeys, restoreRecordsFolder, runFolder } from "../format/keys.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { describeOwner } from "./name-claim.ts";
import { type AftermathPlaces, readAftermath } from "./restore-aftermath.ts";
import { restoreRecordIfReadable } from "./restore-records.ts";
import type { Liveness } from "./run-owner.ts";
import type { RestorePlaces } from "./unrecorded-restore.ts";

/** What is stored of a restore that has ended, in the location and on this machine. */
export interface RestoreRemains {
  readonly name: string;
  /** First `ark-restore.json`, so that at no time a restore looks whole that is not. */
  readonly files: readonly { readonly store: ObjectStore; readonly key: string }[];
  /** What can be done with it and will not be once it is deleted: clauses. */
  readonly lost: readonly string[];
}

/**
 * Everything that is stored of a restore, in the cluster nothing. Errors: ARK_RESTORE_NOT_FOUND,
 * ARK_NAME_IN_USE for one that runs, is being undone or was cut off; those of the store.
 */
export async function findRemains(
  { store, journalStore }: RestorePlaces,
  name: string,
  { signal, liveness }: { readonly signal: AbortSignal; readonly liveness: Liveness },
): Promise<RestoreRemains> {
  const keys = restoreKeys(name);
  const files: RestoreRemains["files"][number][] = [];
  const lost: string[] = [];
  for (const place of [store, ...(journalStore === undefined ? [] : [journalStore])]) {
    const stored = await keysBelow(place, keys.folder, signal);
    const owned = await keysBelow(place, restoreRecordsFolder(name), signal);
    const runUid = await checkEnded(name, place, stored.includes(keys.record), owned, {
      signal,
      liveness,
    });
    const journal = runUid === undefined ? [] : await keysBelow(place, runFolder(runUid), signal);
    const rest = stored.filter((key) => key !== keys.record);
    const first = rest.length === stored.length ? [] : [keys.record];
    for (const key of [...first, ...rest, ...journal, ...owned]) files.push({ store: place, key });
    lost.push(...(await lostHere({ place, journalStore }, name, stored, { signal, liveness })));
  }
  if (files.length === 0) {
    throw new ArkError(
      "ARK_RESTORE_NOT_FOUND",
      `there is no restore "${name}" in ${store.display}`,
      {
        advice: "see what is there with: ark-ts restore get",
      },
    );
  }
  return { name, files, lost: [...new Set(lost)] };
}

/** Answers the uid of the run that left its records. Errors: ARK_NAME_IN_USE. */
async function checkEnded(
  name: string,
  place: ObjectStore,
  hasRecord: boolean,
  owned: readonly string[],
  { signal, liveness }: { readonly signal: AbortSignal; readonly liveness: Liveness },
): Promise<string | undefined> {
  if (owned.length === 0) return undefined;
  const record = await restoreRecordIfReadable(place, name, signal);
  if (record !== undefined && liveness(record.owner) === "alive") {
    throw inUse(name, `run by ${describeOwner(record.owner)}`);
  }
  // One that has ended, and died before it tidied up.
  if (hasRecord) return record?.runUid;
  throw new ArkError("ARK_NAME_IN_USE", `restore "${name}" has not ended: it was cut off`, {
    advice: `the command that began it, run again, continues it; to give it up: ark-ts restore discard ${name}`,
  });
}

function inUse(name: string, how: string): ArkError {
  return new ArkError("ARK_NAME_IN_USE", `restore "${name}" is being ${how}`, {
    advice: "wait for it, or stop it with Ctrl-C",
  });
}

async function lostHere(
  places: AftermathPlaces,
  name: string,
  stored: readonly string[],
  asking: { readonly signal: AbortSignal; readonly liveness: Liveness },
): Promise<readonly string[]> {
  const { changes, passive } = restoreKeys(name);
  if (!stored.includes(changes) && !stored.includes(passive)) return [];
  let aftermath: Awaited<ReturnType<typeof readAftermath>> = {};
  try {
    aftermath = await readAftermath(places, name, asking);
  } catch (thrown) {
    // What cannot be read says of nothing that it was done.
    if (!hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
  }
  const { owner, outcome } = aftermath.undoing ?? {};
  if (owner !== undefined && outcome === "running")
    throw inUse(name, `undone by ${describeOwner(owner)}`);
  const isUndone = aftermath.undo?.extent === "whole" && aftermath.undoing === undefined;
  if (isUndone) return [];
  const activation = aftermath.passive?.activation;
  const isActive = activation !== undefined && activation.failed === 0;
  return [
    ...(stored.includes(changes) ? ["what it did to the cluster cannot be undone any more"] : []),
    ...(stored.includes(passive) && !isActive ? ["what it made cannot be activated any more"] : []),
  ];
}

/** Can be repeated when it was cut off. Errors: those of the store. */
export async function deleteRestore(
  { files }: RestoreRemains,
  signal: AbortSignal,
): Promise<{ readonly files: number; readonly hidden: boolean }> {
  let hidden = false;
  for (const { store, key } of files) {
    signal.throwIfAborted();
    hidden = (await store.remove(key, { signal })) !== undefined || hidden;
  }
  return { files: files.length, hidden };
}

async function keysBelow(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const entry of store.list(folder, { signal })) {
    if (entry.kind === "object") keys.push(entry.key);
  }
  return keys;
}
