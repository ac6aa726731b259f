import { randomUUID } from "node:crypto";
import { ArkError } from "../../src/lib/errors.ts";
import { cutRange } from "../../src/plugin-sdk/byte-range.ts";
import { assertListPrefix, assertObjectKey, compareKeys } from "../../src/plugin-sdk/object-key.ts";
import { assertPartNumber, orderReceipts } from "../../src/plugin-sdk/part-receipts.ts";
import { probeObjectStore } from "../../src/plugin-sdk/probe-store.ts";
import type {
  ListEntry,
  ListOptions,
  ObjectInfo,
  ObjectStore,
  StoreCapabilities,
  StoredBody,
  Upload,
} from "../../src/ports/object-store.ts";
import { createFaultInjector, type FaultInjector, type StoreFaults } from "./store-faults.ts";

export interface MemoryStore extends ObjectStore {
  readonly faults: StoreFaults;
  /** Every key in byte order; for assertions. */
  keys(): readonly string[];
  /** The stored bytes themselves: tests damage them in place. */
  bytes(key: string): Uint8Array;
  /** Ids of uploads neither completed nor aborted. */
  openUploads(): readonly string[];
  /** Forgets an open upload, as stores with a lifecycle rule do. */
  dropUpload(uploadId: string): void;
}

export interface MemoryStoreOptions {
  readonly capabilities?: Partial<StoreCapabilities>;
  readonly now?: () => Date;
  /** Names uploads and parts. */
  readonly uuid?: () => string;
  /** As in a bucket with object lock: what is removed is hidden this long, beginning at its put. */
  readonly retentionMs?: number;
}

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
  readonly uploadId?: string;
}

interface OpenUpload {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly tag: string; readonly bytes: Uint8Array }>;
}

interface State {
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, OpenUpload>;
  readonly faults: FaultInjector;
  readonly capabilities: StoreCapabilities;
  readonly now: () => Date;
  readonly uuid: () => string;
  readonly retentionMs: number | undefined;
}

/** An honest store in memory that keeps every promise of the port, with hooks for faults. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const state: State = {
    objects: new Map(),
    uploads: new Map(),
    faults: createFaultInjector(),
    capabilities: { ...everything, ...options.capabilities },
    now: options.now ?? (() => new Date()),
    uuid: options.uuid ?? randomUUID,
    retentionMs: options.retentionMs,
  };
  return { ...controls(state), ...objectCalls(state), ...uploadCalls(state) };
}

const everything: StoreCapabilities = {
  conditionalPut: true,
  multipart: true,
  rangeReads: true,
  equalParts: false,
  minPartBytes: 1,
  maxParts: 10_000,
  signedUrls: false,
};

type Controls = Pick<MemoryStore, "faults" | "keys" | "bytes" | "openUploads" | "dropUpload">;

function controls(state: State): Controls {
  return {
    faults: state.faults,
    keys: () => [...state.objects.keys()].sort(compareKeys),
    bytes: (key) => stored(state, key).bytes,
    openUploads: () => [...state.uploads.keys()],
    dropUpload: (uploadId) => void state.uploads.delete(uploadId),
  };
}

type ObjectCalls = Omit<ObjectStore, "startUpload" | "resumeUpload">;

function objectCalls(state: State): ObjectCalls {
  const { objects, faults } = state;
  return {
    capabilities: state.capabilities,
    display: "memory",
    async put(key, body, { ifAbsent, signal }) {
      assertObjectKey(key);
      const bytes = Uint8Array.from(body);
      await faults.around({ operation: "put", key }, signal, () => {
        if (ifAbsent === true && !state.capabilities.conditionalPut) throw lacks("create-only put");
        if (ifAbsent === true && objects.has(key)) throw alreadyThere(key);
        objects.set(key, { bytes, modifiedAt: state.now(), metadata: {} });
      });
    },
    async get(key, { range, signal }) {
      assertObjectKey(key);
      if (range !== undefined && !state.capabilities.rangeReads) throw lacks("range reads");
      return faults.around({ operation: "get", key }, signal, (fault): StoredBody => {
        const { bytes } = stored(state, key);
        const { offset, length } = cutRange(key, range, bytes.length);
        const whole = bytes.slice(offset, offset + length);
        const limit = fault?.kind === "truncate" ? fault.bytes : length;
        return { sizeBytes: length, body: readBody(key, whole, limit, signal) };
      });
    },
    async head(key, { signal }) {
      assertObjectKey(key);
      return faults.around({ operation: "head", key }, signal, () => {
        const object = objects.get(key);
        return object === undefined ? undefined : toInfo(key, object);
      });
    },
    list: (prefix, options) => listEntries(state, prefix, options),
    async remove(key, { signal }) {
      assertObjectKey(key);
      return await faults.around({ operation: "remove", key }, signal, () => {
        const object = objects.get(key);
        objects.delete(key);
        if (object === undefined || state.retentionMs === undefined) return undefined;
        return { until: new Date(object.modifiedAt.getTime() + state.retentionMs) };
      });
    },
    async signedUrl(key, { expiresInSeconds, signal }) {
      assertObjectKey(key);
      signal.throwIfAborted();
      if (!state.capabilities.signedUrls) throw lacks("signed URLs");
      const until = new Date(state.now().getTime() + expiresInSeconds * 1000);
      return `https://store.invalid/${encodeURI(key)}?until=${until.toISOString()}`;
    },
    probe: ({ signal }) => probeObjectStore(createMemoryStoreView(state), randomUUID(), signal),
    close: async () => undefined,
  };
}

function createMemoryStoreView(state: State): ObjectStore {
  return { ...objectCalls(state), ...uploadCalls(state) };
}

async function* readBody(
  key: string,
  whole: Uint8Array,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunkBytes = 64 * 1024;
  for (let offset = 0; offset < whole.length; offset += chunkBytes) {
    signal.throwIfAborted();
    if (offset < limit) yield whole.subarray(offset, Math.min(offset + chunkBytes, limit));
  }
  if (limit >= whole.length) return;
  throw new ArkError("ARK_STORE_FAILED", `the body of ${JSON.stringify(key)} ended early`, {
    answer: `${limit} of ${whole.length} bytes came`,
    disposition: "retry",
  });
}

async function* listEntries(
  state: State,
  prefix: string,
  { delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry> {
  assertListPrefix(prefix);
  await state.faults.around({ operation: "list", key: prefix }, signal, () => undefined);
  let lastPrefix: string | undefined;
  for (const key of [...state.objects.keys()].sort(compareKeys)) {
    signal.throwIfAborted();
    const object = state.objects.get(key);
    if (object === undefined || !key.startsWith(prefix)) continue;
    const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    if (end === -1) {
      const { modifiedAt } = object;
      yield { kind: "object", key, sizeBytes: object.bytes.length, modifiedAt };
    } else if (key.slice(0, end + 1) !== lastPrefix) {
      lastPrefix = key.slice(0, end + 1);
      yield { kind: "prefix", key: lastPrefix };
    }
  }
}

function uploadCalls(state: State): Pick<ObjectStore, "startUpload" | "resumeUpload"> {
  const { uploads, faults } = state;
  return {
    async startUpload(key, { metadata, signal }) {
      assertObjectKey(key);
      return faults.around({ operation: "startUpload", key }, signal, () => {
        if (!state.capabilities.multipart) throw lacks("uploads in parts");
        const uploadId = state.uuid();
        uploads.set(uploadId, { key, metadata: { ...metadata }, parts: new Map() });
        return createUpload(state, key, uploadId);
      });
    },
    async resumeUpload(key, uploadId, { signal }) {
      assertObjectKey(key);
      return faults.around({ operation: "resumeUpload", key }, signal, () =>
        uploads.get(uploadId)?.key === key ? createUpload(state, key, uploadId) : undefined,
      );
    },
  };
}

function createUpload(state: State, key: string, uploadId: string): Upload {
  const { uploads, faults } = state;
  return {
    uploadId,
    async putPart(number, body, { signal }) {
      assertPartNumber(key, number, state.capabilities.maxParts);
      const bytes = Uint8Array.from(body);
      return faults.around({ operation: "putPart", key, part: number }, signal, () => {
        const upload = uploads.get(uploadId);
        if (upload === undefined) throw uploadGone(key);
        const tag = state.uuid();
        upload.parts.set(number, { tag, bytes });
        return { number, sizeBytes: bytes.length, tag };
      });
    },
    async complete(parts, { signal }) {
      const receipts = orderReceipts(key, parts);
      await faults.around({ operation: "complete", key }, signal, () => {
        if (state.objects.get(key)?.uploadId === uploadId) return;
        const upload = uploads.get(uploadId);
        if (upload === undefined) throw uploadGone(key);
        const bodies = receipts.map(({ number, tag }, index) => {
          const part = upload.parts.get(number);
          if (part?.tag !== tag) throw partUnknown(key, number);
          const small = part.bytes.length < state.capabilities.minPartBytes;
          if (small && index < receipts.length - 1) throw partTooSmall(key, number);
          return part.bytes;
        });
        if (state.capabilities.equalParts) assertEqualParts(key, bodies);
        const { metadata } = upload;
        const bytes = Uint8Array.from(Buffer.concat(bodies));
        state.objects.set(key, { bytes, modifiedAt: state.now(), metadata, uploadId });
        uploads.delete(uploadId);
      });
    },
    async abort({ signal }) {
      await faults.around({ operation: "abort", key }, signal, () => uploads.delete(uploadId));
    },
  };
}

function stored(state: State, key: string): StoredObject {
  const object = state.objects.get(key);
  if (object !== undefined) return object;
  throw new ArkError("ARK_STORE_NOT_FOUND", `there is no object ${JSON.stringify(key)} in memory`);
}

function toInfo(key: string, object: StoredObject): ObjectInfo {
  const { modifiedAt, metadata } = object;
  return { key, sizeBytes: object.bytes.length, modifiedAt, metadata };
}

function alreadyThere(key: string): ArkError {
  return new ArkError("ARK_STORE_EXISTS", `the object ${JSON.stringify(key)} exists already`);
}

function uploadGone(key: string): ArkError {
  return new ArkError("ARK_STORE_NOT_FOUND", `the upload of ${JSON.stringify(key)} is gone`);
}

function lacks(feature: string): ArkError {
  return new ArkError("ARK_STORE_UNSUPPORTED", `this store has no ${feature}`);
}

function assertEqualParts(key: string, bodies: readonly Uint8Array[]): void {
  const [size = 0] = bodies.map((body) => body.length);
  const last = bodies.at(-1)?.length ?? 0;
  if (last <= size && bodies.slice(0, -1).every((body) => body.length === size)) return;
  throw new ArkError("ARK_STORE_FAILED", `the parts of ${JSON.stringify(key)} differ in size`);
}

function partUnknown(key: string, number: number): ArkError {
  return new ArkError("ARK_STORE_FAILED", `part ${number} of ${JSON.stringify(key)} is not there`);
}

function partTooSmall(key: string, number: number): ArkError {
  return new ArkError("ARK_STORE_FAILED", `part ${number} of ${JSON.stringify(key)} is too small`);
}
