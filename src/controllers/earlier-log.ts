import { readStored } from "../catalog/read-stored.ts";
import { compressMember, inflateFile } from "../format/gzip-member.ts";
import { logSegmentKey, numberOfLogSegment, runFolder } from "../format/keys.ts";
import { encodeLogLine } from "../format/log-line.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** A segment has what a run logs in some seconds. */
const maxSegmentBytes = 4 * 1024 * 1024;
const maxSegmentText = 64 * 1024 * 1024;
/** Of all segments together, compressed. */
const maxBytes = 32 * 1024 * 1024;
/** A store may be slow, and a run that was taken over often has many segments: it must not wait for each. */
const inFlight = 16;

/** What processes before this one have put of the log of a run. */
export interface EarlierLog {
  /** Numbers of their segments, ascending; looked up once. Errors: those of a LIST. */
  numbers(signal: AbortSignal): Promise<readonly number[]>;
  /** The line, as gzip, that says where this process goes on. */
  mark(): Promise<Buffer>;
  /**
   * All of it in order and the mark, as gzip; nothing where there was no process before. What cannot
   * be used is left out, and a line in its place says so. Rejects with the signal's reason only.
   */
  read(signal: AbortSignal): Promise<Buffer>;
}

export interface EarlierLogPorts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  /** This process, for who reads the log of a run that several have worked on. */
  readonly by: string;
}

/** To be called before this process puts a segment of its own. */
export function createEarlierLog(runUid: string, ports: EarlierLogPorts): EarlierLog {
  const { store, clock, log, by } = ports;
  const message = "the run is continued from here";
  const begunAt = clock.now().toISOString();
  const line = encodeLogLine({ time: begunAt, level: "info", message, fields: { by } });
  const mark = (): Promise<Buffer> => compressed(line);
  let found: Promise<readonly number[]> | undefined;
  const numbers = async (signal: AbortSignal): Promise<readonly number[]> => {
    const looking = found ?? segmentsOf(store, runUid, signal);
    found = looking;
    try {
      return await looking;
    } catch (thrown) {
      if (found === looking) found = undefined;
      throw thrown;
    }
  };
  return {
    numbers,
    mark,
    async read(signal) {
      try {
        const before = await numbers(signal);
        if (before.length === 0) return Buffer.alloc(0);
        return Buffer.concat([
          ...(await readSegments(runUid, before, ports, signal)),
          await mark(),
        ]);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toArkError(thrown);
        log.write("warn", "the log of earlier processes could not be read", { run: runUid, error });
        return Buffer.alloc(0);
      }
    },
  };
}

async function readSegments(
  runUid: string,
  numbers: readonly number[],
  { store, clock }: EarlierLogPorts,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  let size = 0;
  return await mapConcurrently(numbers, inFlight, async (number) => {
    try {
      const piece = await readStored(store, logSegmentKey(runUid, number), maxSegmentBytes, signal);
      // One member that cannot be inflated would end the whole file for who reads it.
      await inflateFile(piece, maxSegmentText);
      size += piece.length;
      if (size <= maxBytes) return piece;
      throw new ArkError("ARK_BACKUP_FORMAT", `the parts have more than ${maxBytes} bytes`);
    } catch (thrown) {
      signal.throwIfAborted();
      const time = clock.now().toISOString();
      const message = `part ${number} of this log is left out: ${toArkError(thrown).message}`;
      return await compressed(encodeLogLine({ time, level: "warn", message }));
    }
  });
}

const compressed = (line: string): Promise<Buffer> => compressMember(Buffer.from(line), 6);

async function segmentsOf(
  store: ObjectStore,
  runUid: string,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const numbers: number[] = [];
  for await (const { key } of store.list(runFolder(runUid), { signal })) {
    const number = numberOfLogSegment(key);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}
