import { deleteObject, getObject, putObject } from "../../../plugin-wire/services/object-store.ts";
import type { PluginSession } from "../plugin-session.ts";

/** What the calls of one store share. */
export interface StoreCalls {
  readonly session: PluginSession;
  readonly plugin: string;
  readonly bucket: string;
  /** The key in the bucket. */
  at(key: string): string;
}

/** Of one message; any size below 4 MiB is allowed, and this one is the fastest. */
const messageBytes = 256 * 1024;
/** How long may be spent on looking at what a failed put has left. */
const lookTimeoutMs = 30_000;

/**
 * Writes the object, or leaves none that is cut short. An abort poisons the stream: the plugin must
 * see an error, for an end it would take for the end of the object.
 */
export async function putObjectWhole(
  calls: StoreCalls,
  key: string,
  body: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const { session, plugin, bucket, at } = calls;
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const listen = { once: true, signal: over.signal };
    signal.addEventListener("abort", () => reject(signal.reason), listen);
  });
  aborted.catch(() => undefined);
  let sent = false;
  try {
    await session.send(
      putObject,
      async (stream) => {
        try {
          for (let offset = 0; offset === 0 || offset < body.length; offset += messageBytes) {
            signal.throwIfAborted();
            const first = offset === 0 ? { plugin, bucket, key: at(key) } : {};
            sent = true;
            const piece = body.subarray(offset, offset + messageBytes);
            await Promise.race([stream.write({ ...first, body: piece }), aborted]);
          }
          signal.throwIfAborted();
        } catch (thrown) {
          await stream.poison();
          throw thrown;
        }
        await Promise.race([stream.finish(), aborted]);
      },
      signal,
    );
  } catch (thrown) {
    // Some plugins keep what they have of an object when its stream breaks.
    if (sent) await removeFragment(calls, key, body).catch(() => undefined);
    throw thrown;
  } finally {
    over.abort();
  }
}

/** Removes what is under the key if it is a true beginning of `body`; an older object stays. */
async function removeFragment(
  { session, plugin, bucket, at }: StoreCalls,
  key: string,
  body: Buffer,
): Promise<void> {
  const signal = AbortSignal.timeout(lookTimeoutMs);
  const reference = { plugin, bucket, key: at(key) };
  let offset = 0;
  for await (const { data } of session.receive(getObject, reference, signal)) {
    const same = body.subarray(offset, offset + data.length);
    if (Buffer.compare(data, same) !== 0) return;
    offset += data.length;
  }
  if (offset < body.length) await session.call(deleteObject, reference, signal);
}
