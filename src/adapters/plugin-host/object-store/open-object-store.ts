import { ArkError, hasCode } from "../../../lib/errors.ts";
import {
  assertListPrefix,
  assertObjectKey,
  compareKeys,
  isObjectKey,
} from "../../../plugin-sdk/object-key.ts";
import type { LocationSpec } from "../../../plugin-sdk/object-store-plugin.ts";
import { probeObjectStore } from "../../../plugin-sdk/probe-store.ts";
import {
  createSignedUrl,
  deleteObject,
  getObject,
  initObjectStore,
  listObjects,
  objectExists,
} from "../../../plugin-wire/services/object-store.ts";
import type {
  ListEntry,
  ListOptions,
  ObjectStore,
  StoredBody,
} from "../../../ports/object-store.ts";
import type { PluginCommand, PluginHostOptions } from "../host-options.ts";
import { openPluginSession } from "../plugin-session.ts";
import { bodyOf } from "./body-of-object.ts";
import { putObjectWhole, type StoreCalls } from "./put-object-whole.ts";
import { bodyInStore, inStore } from "./store-errors.ts";

export interface ObjectStorePlace {
  readonly command: PluginCommand;
  /** As the program lists it: `velero.io/aws`. */
  readonly plugin: string;
  readonly location: LocationSpec;
}

/**
 * A location behind an ObjectStore plugin of Velero, in a process of its own: one process holds one
 * config. The protocol has no ranges, sizes, times, conditions or parts; what the port wants of
 * these is found out by reading, or left untold. The first call starts the process.
 */
export function openPluginObjectStore(
  { command, plugin, location }: ObjectStorePlace,
  options: PluginHostOptions,
): ObjectStore {
  const { bucket, prefix } = location;
  const config = { ...location.config, bucket, prefix };
  const session = openPluginSession(
    command,
    [
      async (connection, signal) => {
        await connection.call(initObjectStore, { plugin, config }, signal);
      },
    ],
    options,
  );
  const at = (key: string): string => (prefix === "" ? key : `${prefix}/${key}`);
  const calls: StoreCalls = { session, plugin, bucket, at };
  const reference = (key: string) => ({ plugin, bucket, key: at(key) });
  const exists = async (key: string, signal: AbortSignal): Promise<boolean> =>
    (await session.call(objectExists, reference(key), signal)).exists;
  const get = async (key: string, signal: AbortSignal): Promise<StoredBody> => {
    const open = () => session.receive(getObject, reference(key), signal);
    try {
      return await bodyOf(key, open);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!hasCode(thrown, "ARK_PLUGIN_FAILED") || (await exists(key, signal))) throw thrown;
      throw new ArkError("ARK_STORE_NOT_FOUND", `${JSON.stringify(key)} is not in the store`);
    }
  };
  const store: ObjectStore = {
    capabilities,
    display: `${plugin}://${[bucket, prefix].filter(Boolean).join("/")}`,
    async put(key, body, { signal, ifAbsent }) {
      assertObjectKey(key);
      if (ifAbsent === true) throw unsupported("create-only puts", plugin);
      await inStore(`writing ${JSON.stringify(key)}`, () =>
        putObjectWhole(calls, key, viewOf(body), signal),
      );
    },
    async get(key, { signal, range }) {
      assertObjectKey(key);
      if (range !== undefined) throw unsupported("reads of ranges", plugin);
      const tried = `reading ${JSON.stringify(key)}`;
      const { sizeBytes, body } = await inStore(tried, () => get(key, signal));
      return { sizeBytes, body: bodyInStore(tried, body, signal) };
    },
    async head(key, { signal }) {
      assertObjectKey(key);
      return await inStore(`looking for ${JSON.stringify(key)}`, async () => {
        if (!(await exists(key, signal))) return undefined;
        return { key, sizeBytes: (await get(key, signal)).sizeBytes, metadata: {} };
      });
    },
    list: (wanted, list) => listKeys(calls, prefix, wanted, list),
    async remove(key, { signal }) {
      assertObjectKey(key);
      await inStore(`removing ${JSON.stringify(key)}`, async () => {
        try {
          await session.call(deleteObject, reference(key), signal);
        } catch (thrown) {
          // Some answer a missing key with an error.
          if (!hasCode(thrown, "ARK_PLUGIN_FAILED") || (await exists(key, signal))) throw thrown;
        }
      });
      return undefined;
    },
    async startUpload(key, { signal }) {
      assertObjectKey(key);
      signal.throwIfAborted();
      throw unsupported("uploads in parts", plugin);
    },
    async resumeUpload(key, _uploadId, { signal }) {
      assertObjectKey(key);
      signal.throwIfAborted();
      return undefined;
    },
    async signedUrl(key, { signal, expiresInSeconds }) {
      assertObjectKey(key);
      const ttlNanoseconds = BigInt(Math.round(expiresInSeconds * 1_000)) * 1_000_000n;
      return await inStore(`signing a URL of ${JSON.stringify(key)}`, async () => {
        const request = { ...reference(key), ttlNanoseconds };
        return (await session.call(createSignedUrl, request, signal)).url;
      });
    },
    probe: ({ signal }) => probeObjectStore(store, options.clock.uuid(), signal),
    close: () => session.close(),
  };
  return store;
}

const capabilities = {
  conditionalPut: false,
  multipart: false,
  rangeReads: false,
  equalParts: false,
  minPartBytes: 0,
  maxParts: 0,
  signedUrls: true,
} as const;

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unsupported(what: string, plugin: string): ArkError {
  return new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `Velero's protocol of plugins has no ${what}, and the location is behind the plugin ${plugin}`,
  );
}

async function* listKeys(
  { session, plugin, bucket, at }: StoreCalls,
  prefix: string,
  wanted: string,
  { signal, delimiter }: ListOptions,
): AsyncGenerator<ListEntry> {
  assertListPrefix(wanted);
  const { keys } = await inStore(`listing ${JSON.stringify(wanted)}`, () =>
    session.call(listObjects, { plugin, bucket, prefix: at(wanted) }, signal),
  );
  const skip = prefix === "" ? 0 : prefix.length + 1;
  const own = keys.map((key) => key.slice(skip)).filter(isObjectKey);
  let last: string | undefined;
  for (const key of own.sort(compareKeys)) {
    signal.throwIfAborted();
    const end = delimiter === undefined ? -1 : key.indexOf(delimiter, wanted.length);
    if (end < 0) yield { kind: "object", key };
    else {
      const folder = key.slice(0, end + 1);
      if (folder !== last) yield { kind: "prefix", key: folder };
      last = folder;
    }
  }
}
