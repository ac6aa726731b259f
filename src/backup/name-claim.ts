import { backupKeys, nameRecordKey, nameRecordsFolder } from "../format/keys.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { IsGone, RunOwner } from "./backup-run.ts";

/** What `metadata/ark-ts/names/<name>/<epoch>` holds. */
export interface NameRecord {
  readonly owner: RunOwner;
  readonly runUid: string;
  readonly planSha256: string;
  readonly startedAt: string;
}

/** The right to write a backup's name; see docs/format.md, "Names". */
export interface NameClaim {
  /** Removes the record: the run is over, sealed or not. */
  release(signal: AbortSignal): Promise<void>;
}

/**
 * Claims the name for one run. Errors: ARK_NAME_TAKEN when a sealed backup has it,
 * ARK_NAME_IN_USE when another run owns it that is not known to be dead.
 */
export async function claimName(
  name: string,
  record: NameRecord,
  ports: { readonly store: ObjectStore; readonly clock: Clock; readonly isGone: IsGone },
  signal: AbortSignal,
): Promise<NameClaim> {
  await refuseSealed(name, ports.store, signal);
  const epoch = (await lastEpoch(name, ports, signal)) + 1;
  const key = nameRecordKey(name, epoch);
  try {
    await ports.store.put(key, Buffer.from(`${JSON.stringify(record, null, 2)}\n`), {
      signal,
      ifAbsent: true,
    });
  } catch (error) {
    if (hasCode(error, "ARK_STORE_EXISTS")) throw inUse(name, ports.store, undefined);
    throw error;
  }
  // Another run may have sealed between the look and the record.
  try {
    await refuseSealed(name, ports.store, signal);
  } catch (error) {
    await ports.store.remove(key, { signal });
    throw error;
  }
  return {
    async release(releaseSignal) {
      for (let past = epoch; past >= 1; past--) {
        await ports.store.remove(nameRecordKey(name, past), { signal: releaseSignal });
      }
    },
  };
}

async function refuseSealed(name: string, store: ObjectStore, signal: AbortSignal): Promise<void> {
  if ((await store.head(backupKeys(name).seal, { signal })) === undefined) return;
  throw new ArkError("ARK_NAME_TAKEN", `backup "${name}" exists already in ${store.display}`, {
    advice: `choose another name, or remove it with: ark-ts backup delete ${name}`,
  });
}

/** 0 when nobody owns the name; errors when the last owner is not known to be dead. */
async function lastEpoch(
  name: string,
  ports: { readonly store: ObjectStore; readonly isGone: IsGone },
  signal: AbortSignal,
): Promise<number> {
  const folder = nameRecordsFolder(name);
  let last = 0;
  for await (const entry of ports.store.list(folder, { signal })) {
    const epoch = Number(entry.key.slice(folder.length));
    if (Number.isSafeInteger(epoch)) last = Math.max(last, epoch);
  }
  if (last === 0) return 0;
  const record = await readRecord(nameRecordKey(name, last), ports.store, signal);
  if (record !== undefined && !ports.isGone(record.owner)) throw inUse(name, ports.store, record);
  return last;
}

async function readRecord(
  key: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<NameRecord | undefined> {
  const { body } = await store.get(key, { signal });
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  try {
    const record = JSON.parse(Buffer.concat(pieces).toString()) as Partial<NameRecord>;
    const { owner } = record;
    return typeof owner?.host === "string" && typeof owner.pid === "number"
      ? (record as NameRecord)
      : undefined;
  } catch {
    return undefined;
  }
}

function inUse(name: string, store: ObjectStore, record: NameRecord | undefined): ArkError {
  const who =
    record === undefined
      ? "another run"
      : `process ${record.owner.pid} on ${record.owner.host}, begun at ${record.startedAt}`;
  return new ArkError(
    "ARK_NAME_IN_USE",
    `backup "${name}" in ${store.display} is being written by ${who}`,
    {
      advice: `wait for it; if that run is known to be dead, clear its remains with: ark-ts backup discard ${name}`,
    },
  );
}
