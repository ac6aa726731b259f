import { gunzipSync } from "node:zlib";
import { runOfThawKey } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ListEntry, ObjectStore, StoredBody, Upload } from "../../src/ports/object-store.ts";
import type { MemoryStore } from "../support/memory-store.ts";
import { storeFailpoint } from "./failpoints.ts";
import type { FaultKind } from "./faults.ts";
import { never, type SimProcess } from "./process.ts";

interface Call {
  readonly operation: string;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly also?: readonly FaultKind[];
}

/** No store takes a condition with it, so that one that stands still in it cannot be fenced. */
const unfenced = /^complete .*ark-index/;
const always: readonly FaultKind[] = ["fail", "hang", "stall", "throttle", "kill before"];
const changing: readonly FaultKind[] = ["lost", "kill after"];

const journals = "metadata/ark-ts/runs/";
/** Records of post hooks outlive their run. */
const isCheckpoint = (key: string): boolean =>
  key.startsWith(journals) && runOfThawKey(key) === undefined;

/** The store as one process meets it, below the retries that the command puts around it. */
export function faultyStore(inner: MemoryStore, process: SimProcess): ObjectStore {
  const around = createAround(process);
  return {
    capabilities: inner.capabilities,
    display: inner.display,
    put: (key, body, options) =>
      around({ operation: "put", key, ...options, also: putFaults(key) }, async (fault) => {
        noteTrespass(key, process);
        const isSame = inner.keys().includes(key) && Buffer.compare(inner.bytes(key), body) === 0;
        await inner.put(key, fault === "corrupt" ? flipped(body, process) : body, options);
        // Once more after an answer that was lost.
        if (key.endsWith("/velero-backup.json") && !isSame) process.sealed += 1;
        process.epoch = Math.max(process.epoch, epochOf(key));
        if (isCheckpoint(key)) noteWritten(body, process);
      }),
    get: (key, options) =>
      around({ operation: "get", key, ...options, also: ["cut"] }, async (fault) => {
        const stored = await inner.get(key, options);
        return { ...stored, body: bodyOf(stored, process, fault === "cut") };
      }),
    head: (key, options) =>
      around({ operation: "head", key, ...options }, () => inner.head(key, options)),
    list: (prefix, options) => listOf(inner, process, prefix, options),
    remove: (key, options) => {
      if (isCheckpoint(key)) process.hasTidied = true;
      const call: Call = { operation: "remove", key, ...options, also: changing };
      return around(call, async () => {
        // Withdrawn: by the process that put it, or by whoever deletes the backup.
        if (key.endsWith("/velero-backup.json")) process.sealed = 0;
        return await inner.remove(key, options);
      });
    },
    startUpload: (key, options) =>
      around({ operation: "startUpload", key, ...options, also: changing }, async (fault) => {
        const upload = await inner.startUpload(key, options);
        process.uploads.add(upload.uploadId);
        process.unwritten.add(upload.uploadId);
        if (fault === "lost") process.unknownUploads.add(upload.uploadId);
        return faultyUpload(upload, key, process);
      }),
    resumeUpload: (key, uploadId, options) =>
      around({ operation: "resumeUpload", key, ...options }, async () => {
        const upload = await inner.resumeUpload(key, uploadId, options);
        return upload && faultyUpload(upload, key, process);
      }),
    signedUrl: (key, options) => inner.signedUrl(key, options),
    probe: (options) => inner.probe(options),
    close: async () => undefined,
  };
}

function faultyUpload(inner: Upload, key: string, process: SimProcess): Upload {
  const around = createAround(process);
  return {
    uploadId: inner.uploadId,
    putPart: (number, body, options) =>
      around({ operation: "putPart", key, ...options, also: [...changing, "corrupt"] }, (fault) =>
        inner.putPart(number, fault === "corrupt" ? flipped(body, process) : body, options),
      ),
    complete: (parts, options) =>
      around({ operation: "complete", key, ...options, also: changing }, () =>
        inner.complete(parts, options),
      ),
    async abort(options) {
      process.unfreed.add(inner.uploadId);
      const call: Call = { operation: "abort", key, ...options, also: changing };
      await around(call, () => inner.abort(options));
      process.unfreed.delete(inner.uploadId);
    },
  };
}

function noteWritten(checkpoint: Uint8Array, process: SimProcess): void {
  const text = gunzipSync(checkpoint).toString();
  for (const id of process.unwritten) if (text.includes(id)) process.unwritten.delete(id);
}

const epochOf = (key: string): number =>
  Number(/^metadata\/ark-ts\/(?:names|restores)\/[^/]+\/(\d+)/.exec(key)?.[1] ?? 0);

/** What comes right after a look at the claims. */
const afterLook = /^metadata\/ark-ts\/runs\/|\/(ark-manifest|velero-backup)\.json$/;

function noteTrespass(key: string, process: SimProcess): void {
  if (process.isSuperseded && afterLook.test(key)) process.trespassed ??= key;
}

/** What is read back before the seal may be stored wrong; nothing else can be noticed. */
function putFaults(key: string): readonly FaultKind[] {
  const isReadBack = key.startsWith("backups/") && !key.endsWith("/velero-backup.json");
  return isReadBack ? [...changing, "corrupt"] : changing;
}

function flipped(body: Uint8Array, process: SimProcess): Uint8Array {
  process.corrupted = true;
  const copy = Uint8Array.from(body);
  if (copy.length === 0) return copy;
  const at = process.plan.random.int(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << process.plan.random.int(8));
  return copy;
}

type Act<Result> = (fault: FaultKind | undefined) => Promise<Result>;

function createAround(process: SimProcess) {
  return async <Result>(call: Call, act: Act<Result>): Promise<Result> => {
    const { time, plan } = process;
    const { signal } = call;
    time.moved();
    await process.alive();
    signal.throwIfAborted();
    const failpoint = storeFailpoint(call.operation, call.key);
    const isUnfenced = unfenced.test(`${call.operation} ${call.key}`);
    const possible = [...always, ...(call.also ?? [])].filter(
      (kind) => kind !== "stall" || !isUnfenced,
    );
    const fault = plan.decide({ side: "store", failpoint, possible });
    const latencyMs = plan.latencyMs();
    if (latencyMs > 0) await time.sleep(latencyMs, signal);
    await process.alive();
    await before(fault, call, process);
    const result = await act(fault);
    time.moved();
    if (fault === "kill after") process.kill();
    await process.alive();
    if (fault === "lost") throw storeError("the answer was lost");
    return result;
  };
}

async function before(
  fault: FaultKind | undefined,
  { signal }: Call,
  process: SimProcess,
): Promise<void> {
  if (fault === "fail") throw storeError("503 SlowDown");
  if (fault === "throttle") throw storeError("429 Too Many Requests");
  if (fault === "kill before") {
    process.kill();
    await never();
  }
  if (fault === "stall") {
    process.stall(240_000 + process.plan.random.int(120_000));
    await process.alive();
  }
  if (fault !== "hang") return;
  process.giveUpSoon();
  await new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function* listOf(
  inner: MemoryStore,
  process: SimProcess,
  prefix: string,
  options: Parameters<ObjectStore["list"]>[1],
): AsyncGenerator<ListEntry> {
  const entries: ListEntry[] = [];
  const call: Call = { operation: "list", key: prefix, signal: options.signal, also: ["cut"] };
  const fault = await createAround(process)(call, async (found) => {
    for await (const entry of inner.list(prefix, options)) entries.push(entry);
    return found;
  });
  const given = fault === "cut" ? process.plan.random.int(entries.length + 1) : entries.length;
  for (const entry of entries.slice(0, given)) {
    await process.alive();
    if (process.epoch > 0 && epochOf(entry.key) > process.epoch) process.isSuperseded = true;
    yield entry;
  }
  if (fault === "cut") throw storeError("the list broke off");
}

async function* bodyOf(
  { body, sizeBytes }: StoredBody,
  process: SimProcess,
  isCut: boolean,
): AsyncGenerator<Uint8Array> {
  let left = isCut ? process.plan.random.int(sizeBytes + 1) : Number.POSITIVE_INFINITY;
  for await (const chunk of body) {
    await process.alive();
    process.time.moved();
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left);
      throw storeError("the body broke off");
    }
    left -= chunk.length;
    yield chunk;
  }
}

function storeError(answer: string): ArkError {
  return new ArkError("ARK_STORE_FAILED", "the simulated store did not do it", {
    answer,
    disposition: "retry",
  });
}
