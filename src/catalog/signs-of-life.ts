import { numberOfLogSegment, runFolder } from "../format/keys.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { NameRecord } from "./name-record.ts";

/** A run puts a checkpoint at least each minute; nothing new for this long means it is dead. */
const deadAfterMs = 3 * 60_000;
const lookEveryMs = 5_000;

/**
 * Looks at a run of another machine, or of one whose process cannot be asked for, by the
 * observer's own clock: true as soon as a checkpoint appears or the run ends.
 */
export async function showsLife(
  record: NameRecord,
  ports: {
    readonly store: ObjectStore;
    readonly clock: Clock;
    readonly onWait?: (waitingFor: string) => void;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const { store, clock } = ports;
  const first = await countObjects(store, runFolder(record.runUid), signal);
  const startedMs = clock.monotonicMs();
  while (clock.monotonicMs() - startedMs < deadAfterMs) {
    const leftMs = deadAfterMs - (clock.monotonicMs() - startedMs);
    ports.onWait?.(
      `a sign of life of the run on ${record.owner.host}, ${Math.ceil(leftMs / 1000)} s more`,
    );
    await clock.sleep(Math.min(lookEveryMs, leftMs), signal);
    if ((await countObjects(store, runFolder(record.runUid), signal)) !== first) return true;
  }
  return false;
}

async function countObjects(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const { key } of store.list(folder, { signal })) {
    // Who waits to take the run over may write a log already.
    if (numberOfLogSegment(key) === undefined) count += 1;
  }
  return count;
}
