import { hasCode } from "../../lib/errors.ts";
import type {
  ListEntry,
  ListOptions,
  ObjectStore,
  PutOptions,
  Upload,
} from "../../ports/object-store.ts";
import { type Call, pauseOrThrow, type RetryPolicy, retrying } from "./retrying.ts";
import { getRetrying } from "./retrying-body.ts";

/**
 * Repeats what may be repeated. A body that breaks off and a list go on after what was given. A create-only put that failed without an answer and
 * then meets an object compares the bytes: its body must be one that nobody else writes. A lost
 * answer to `startUpload` leaves an empty upload behind, which stores drop in time.
 */
export function withRetry(inner: ObjectStore, policy: RetryPolicy): ObjectStore {
  const again = <Result>(
    operation: string,
    key: string,
    { signal }: { readonly signal: AbortSignal },
    act: () => Promise<Result>,
  ) => retrying(policy, { operation, key, signal }, act);
  return {
    capabilities: inner.capabilities,
    display: inner.display,
    put: (key, body, options) =>
      options.ifAbsent === true
        ? putIfAbsent(inner, policy, { key, body, options })
        : again("put", key, options, () => inner.put(key, body, options)),
    get: (key, options) => getRetrying(inner, policy, key, options),
    head: (key, options) => again("head", key, options, () => inner.head(key, options)),
    list: (prefix, options) => listOn(inner, policy, prefix, options),
    remove: (key, options) => again("remove", key, options, () => inner.remove(key, options)),
    async startUpload(key, options) {
      const upload = await again("startUpload", key, options, () =>
        inner.startUpload(key, options),
      );
      return retryingUpload(upload, key, policy);
    },
    async resumeUpload(key, uploadId, options) {
      const upload = await again("resumeUpload", key, options, () =>
        inner.resumeUpload(key, uploadId, options),
      );
      return upload === undefined ? undefined : retryingUpload(upload, key, policy);
    },
    signedUrl: (key, options) =>
      again("signedUrl", key, options, () => inner.signedUrl(key, options)),
    // Measures the store as it is.
    probe: (options) => inner.probe(options),
    close: () => inner.close(),
  };
}

function retryingUpload(inner: Upload, key: string, policy: RetryPolicy): Upload {
  return {
    uploadId: inner.uploadId,
    putPart: (number, body, options) =>
      retrying(policy, { operation: "putPart", key, ...options }, () =>
        inner.putPart(number, body, options),
      ),
    complete: (parts, options) =>
      retrying(policy, { operation: "complete", key, ...options }, () =>
        inner.complete(parts, options),
      ),
    abort: (options) =>
      retrying(policy, { operation: "abort", key, ...options }, () => inner.abort(options)),
  };
}

interface Put {
  readonly key: string;
  readonly body: Uint8Array;
  readonly options: PutOptions;
}

async function putIfAbsent(inner: ObjectStore, policy: RetryPolicy, put: Put): Promise<void> {
  const { key, body, options } = put;
  const { signal } = options;
  await retrying(policy, { operation: "put", key, signal }, async (attempt) => {
    try {
      await inner.put(key, body, options);
    } catch (thrown) {
      if (attempt === 1 || !hasCode(thrown, "ARK_STORE_EXISTS")) throw thrown;
      const call: Call = { operation: "get", key, signal };
      if (!(await retrying(policy, call, () => holds(inner, put)))) throw thrown;
    }
  });
}

/** Whether the object under the key has exactly these bytes. */
async function holds(inner: ObjectStore, { key, body, options }: Put): Promise<boolean> {
  const stored = await inner.get(key, { signal: options.signal });
  if (stored.sizeBytes !== body.length) {
    for await (const _ of stored.body) return false;
    return false;
  }
  let offset = 0;
  let same = true;
  for await (const chunk of stored.body) {
    const expected = body.subarray(offset, offset + chunk.length);
    offset += chunk.length;
    same = Buffer.compare(chunk, expected) === 0;
    if (!same) break;
  }
  return same && offset === body.length;
}

async function* listOn(
  inner: ObjectStore,
  policy: RetryPolicy,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry> {
  const call: Call = { operation: "list", key: prefix, signal: options.signal };
  let given: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      let passed = given === undefined;
      for await (const entry of inner.list(prefix, options)) {
        if (!passed && given !== undefined && isAfter(entry.key, given)) passed = true;
        if (!passed) continue;
        yield entry;
        given = entry.key;
        attempt = 1;
      }
      return;
    } catch (thrown) {
      await pauseOrThrow(policy, call, attempt, thrown);
    }
  }
}

function isAfter(key: string, given: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(given)) > 0;
}
