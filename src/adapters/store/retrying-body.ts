import { ArkError } from "../../lib/errors.ts";
import type { GetOptions, ObjectStore, StoredBody } from "../../ports/object-store.ts";
import { pauseOrThrow, type RetryPolicy, retrying } from "./retrying.ts";

/**
 * Opens an object and goes on where its body breaks off, by a range read of the rest; the tries
 * count anew with each piece that arrives. The object must be one that nobody writes meanwhile:
 * one of another size is refused. A store without range reads is repeated only until it opens.
 */
export async function getRetrying(
  inner: ObjectStore,
  policy: RetryPolicy,
  key: string,
  options: GetOptions,
): Promise<StoredBody> {
  const open = (range: GetOptions["range"]): Promise<StoredBody> =>
    retrying(policy, { operation: "get", key, signal: options.signal }, () =>
      inner.get(key, range === undefined ? options : { ...options, range }),
    );
  const first = await open(undefined);
  if (!inner.capabilities.rangeReads) return first;
  const start = options.range?.offset ?? 0;
  return {
    sizeBytes: first.sizeBytes,
    body: continued(first, {
      signal: options.signal,
      policy,
      key,
      openFrom: (offset, length) => open({ offset: start + offset, length }),
    }),
  };
}

interface Continuation {
  readonly signal: AbortSignal;
  readonly policy: RetryPolicy;
  readonly key: string;
  readonly openFrom: (offset: number, length: number) => Promise<StoredBody>;
}

async function* continued(first: StoredBody, call: Continuation): AsyncGenerator<Uint8Array> {
  const { sizeBytes } = first;
  let source = first.body;
  let received = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      for await (const piece of source) {
        received += piece.length;
        attempt = 1;
        yield piece;
      }
      return;
    } catch (thrown) {
      const { policy, key, signal } = call;
      await pauseOrThrow(policy, { operation: "get", key, signal }, attempt, thrown);
      const left = sizeBytes - received;
      if (left <= 0) return;
      const rest = await call.openFrom(received, left);
      if (rest.sizeBytes !== left) throw changedMeanwhile(key, left, rest.sizeBytes);
      source = rest.body;
    }
  }
}

function changedMeanwhile(key: string, expected: number, found: number): ArkError {
  return new ArkError("ARK_STORE_FAILED", `${key} changed while it was read`, {
    answer: `${found} bytes are left of it, and ${expected} were expected`,
    advice: "find out what else writes to this location, then try again",
  });
}
