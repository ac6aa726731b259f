import { createGzipText, type GzipText } from "../format/gzip-text.ts";
import { logSegmentKey } from "../format/keys.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import { createEarlierLog, type EarlierLog, type EarlierLogPorts } from "./earlier-log.ts";

/** From the first new line to its segment; and from one segment to the next. */
const firstMs = 1_000;
const everyMs = 5_000;
/** What is on its way when a run ends, and what is left when it is handed over, may take no longer. */
const lastMs = 2_000;

/**
 * The log of a run that goes on, as segments in its run folder: each holds what is new, and none is
 * written again. What the store does not take comes with the next one; the log file has all of it.
 */
export interface LiveLog {
  /** A line with its newline. Never waits. */
  add(line: string): void;
  /** What processes before this one have put, for the log file. */
  readonly earlier: EarlierLog["read"];
  /**
   * Puts no more, and waits for what is on its way: cut off, it might come to lie in the folder of
   * a run that has removed it. Never rejects.
   */
  end(): Promise<void>;
  /** Another process goes on with the run: puts what is left. Never rejects. */
  leave(): Promise<void>;
  /** The run has ended: removes what this process has put, should the run not have. Never rejects. */
  remove(signal: AbortSignal): Promise<void>;
}

export function createLiveLog(runUid: string, ports: EarlierLogPorts): LiveLog {
  const { store, clock, log } = ports;
  const earlier = createEarlierLog(runUid, ports);
  const [ended, cut] = [new AbortController(), new AbortController()];
  let unwritten: GzipText | undefined;
  const unput: Buffer[] = [];
  const own: string[] = [];
  let next: number | undefined;
  let lastPutMs = Number.NEGATIVE_INFINITY;
  let working: Promise<void> | undefined;
  const hasNews = (): boolean => unwritten !== undefined || unput.length > 0;

  const put = async (signal: AbortSignal): Promise<void> => {
    const text = unwritten;
    unwritten = undefined;
    if (text !== undefined) unput.push(await text.finish());
    if (unput.length === 0) return;
    lastPutMs = clock.monotonicMs();
    const last = (await earlier.numbers(signal)).at(-1) ?? 0;
    if (next === undefined && last > 0) unput.unshift(await earlier.mark());
    const number = next ?? last + 1;
    next = number;
    const { conditionalPut: ifAbsent } = store.capabilities;
    const key = logSegmentKey(runUid, number);
    own.push(key);
    try {
      await store.put(key, Buffer.concat(unput), { signal, ifAbsent });
    } catch (thrown) {
      // Put, and the answer lost; or another process's, which has the run then.
      if (!hasCode(thrown, "ARK_STORE_EXISTS")) throw thrown;
    }
    unput.length = 0;
    next = number + 1;
  };
  const tryPut = async (signal: AbortSignal): Promise<void> => {
    try {
      await put(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      log.write("warn", "log of a running run not stored", {
        run: runUid,
        error: toArkError(thrown),
      });
    }
  };
  const work = async (): Promise<void> => {
    while (hasNews() && !ended.signal.aborted) {
      const pauseMs = Math.max(firstMs, lastPutMs + everyMs - clock.monotonicMs());
      await clock.sleep(pauseMs, ended.signal).catch(() => undefined);
      if (!ended.signal.aborted) await tryPut(cut.signal);
    }
    working = undefined;
  };
  const end = async (): Promise<void> => {
    ended.abort();
    if (working === undefined) return;
    const over = new AbortController();
    const late = clock.sleep(lastMs, over.signal).then(
      () => cut.abort(),
      () => undefined,
    );
    await working;
    over.abort();
    await late;
  };
  return {
    end,
    earlier: earlier.read,
    add(line) {
      unwritten ??= createGzipText();
      unwritten.append(line);
      if (!ended.signal.aborted) working ??= work();
    },
    async leave() {
      await end();
      await tryPut(AbortSignal.timeout(lastMs));
    },
    async remove(signal) {
      await end();
      try {
        for (const key of own) await store.remove(key, { signal });
      } catch (thrown) {
        if (signal.aborted) return;
        const fields = { run: runUid, error: toArkError(thrown) };
        log.write("warn", "log of an ended run not removed from its folder", fields);
      }
    },
  };
}
