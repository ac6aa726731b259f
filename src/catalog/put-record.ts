import { ArkError, hasCode } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ListEntry, ObjectStore } from "../ports/object-store.ts";

/** Where the record of who owns a name is put. */
export interface RecordPlace {
  /** Of all records of the name; ends in a slash. */
  readonly folder: string;
  readonly epoch: number;
  /** That of the epoch. */
  readonly key: string;
  /** Names this process among others that want the same epoch. */
  readonly contender: string;
}

interface Ports {
  readonly store: ObjectStore;
  readonly clock: Clock;
}

/** Times that a contender looks before it gives up. */
const rounds = 6;
/** Grows with each round, so that contenders part. */
const pauseMs = 1_000;

/**
 * Puts a record that only one process can have put; answers the key under which it is held, or
 * undefined when another process has the epoch. Where the store refuses no second put, each
 * contender puts a record of its own and withdraws for a random time while it sees another.
 * Errors: ARK_STORE_UNSUPPORTED when the store has neither create-only puts nor lists that show
 * what was put; those of the store.
 */
export async function putRecord(
  place: RecordPlace,
  body: Buffer,
  ports: Ports,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { store } = ports;
  if (!store.capabilities.conditionalPut) return await contend(place, body, ports, signal);
  if (!(await putOnce(store, place.key, body, signal))) return undefined;
  // Some stores accept the condition and do not heed it. Other bytes, so that no repetition after
  // a lost answer can take the first for this one.
  const again = Buffer.concat([body, Buffer.from("\n")]);
  let isHeeded: boolean;
  try {
    isHeeded = !(await putOnce(store, place.key, again, signal));
  } catch (thrown) {
    // The run never begins: its record would only be in the way of the next one.
    const cleanup = new AbortController().signal;
    await store.remove(place.key, { signal: cleanup }).catch(() => undefined);
    throw thrown;
  }
  if (isHeeded) return place.key;
  await store.remove(place.key, { signal });
  return await contend(place, body, ports, signal);
}

/** False when there is an object under the key already. */
async function putOnce(
  store: ObjectStore,
  key: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.put(key, body, { signal, ifAbsent: true });
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_EXISTS")) return false;
    throw thrown;
  }
}

async function contend(
  place: RecordPlace,
  body: Buffer,
  { store, clock }: Ports,
  signal: AbortSignal,
): Promise<string | undefined> {
  const own = `${place.key}-${place.contender}`;
  let isPut = false;
  let listsAnything = false;
  for (let round = 1; round <= rounds; round += 1) {
    if (!isPut && !(await look(place, own, store, signal)).hasRival) {
      await store.put(own, body, { signal });
      isPut = true;
    }
    const seen = await look(place, own, store, signal);
    if (isPut && seen.hasOwn && !seen.hasRival) return own;
    listsAnything ||= seen.hasOwn || seen.hasRival;
    if (isPut && seen.hasRival) {
      await store.remove(own, { signal });
      isPut = false;
    }
    if (round < rounds) await clock.sleep(pauseMs * round * (0.5 + clock.random()), signal);
  }
  if (isPut) await store.remove(own, { signal });
  if (listsAnything) return undefined;
  throw unlisted(store);
}

async function look(
  { folder, epoch }: RecordPlace,
  own: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<{ readonly hasOwn: boolean; readonly hasRival: boolean }> {
  let hasOwn = false;
  let hasRival = false;
  for await (const entry of store.list(folder, { signal })) {
    if (entry.key === own) hasOwn = true;
    else if (epochOf(entry, folder) >= epoch) hasRival = true;
  }
  return { hasOwn, hasRival };
}

/** Of a record `<epoch>` or `<epoch>-<contender>`; 0 for what is none. */
export function epochOf({ key }: ListEntry, folder: string): number {
  const [, digits = "0"] = /^(\d{1,15})(?:-[-A-Za-z0-9]+)?$/.exec(key.slice(folder.length)) ?? [];
  return Number(digits);
}

function unlisted(store: ObjectStore): ArkError {
  return new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `${store.display} cannot keep two processes from writing one backup`,
    {
      answer: "it has no create-only put, and its lists do not show what was just written",
      advice:
        "use a store that has one of the two; ark-ts backup-location test shows what it can do",
    },
  );
}
