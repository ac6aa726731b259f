import {
  assertObjectKey,
  type ObjectStore,
  type PluginContext,
  type StoreCapabilities,
} from "../../src/plugin-sdk/object-store.ts";
import { type Connection, connect, type Places } from "./connect.ts";
import { listObjects } from "./list-objects.ts";
import { getObject, headObject, putObject } from "./objects.ts";
import type { GcsOptions } from "./options.ts";
import { probeBucket } from "./probe.ts";
import { createRemover } from "./remove-object.ts";
import { signUrl } from "./sign-url.ts";
import { beginUpload, findUpload, maxParts, minPartBytes } from "./upload.ts";

/** No request is made yet. Errors: ARK_CONFIG_INVALID. */
export async function openGcsStore(
  options: GcsOptions,
  context: PluginContext,
  places?: Places,
): Promise<ObjectStore> {
  return createGcsStore(await connect(options, context, places));
}

function createGcsStore(connection: Connection): ObjectStore {
  const removeObject = createRemover(connection);
  return {
    capabilities: capabilitiesOf(connection),
    display: connection.display,
    async put(key, body, options) {
      assertObjectKey(key);
      await putObject(connection, key, body, options);
    },
    async get(key, options) {
      assertObjectKey(key);
      return getObject(connection, key, options);
    },
    async head(key, { signal }) {
      assertObjectKey(key);
      const found = await headObject(connection, key, signal);
      if (found === undefined) return undefined;
      const { mark: _, ...info } = found;
      return info;
    },
    list: (prefix, options) => listObjects(connection, prefix, options),
    async remove(key, { signal }) {
      assertObjectKey(key);
      return removeObject(key, signal);
    },
    async startUpload(key, options) {
      assertObjectKey(key);
      return beginUpload(connection, key, options);
    },
    async resumeUpload(key, uploadId, { signal }) {
      assertObjectKey(key);
      return findUpload(connection, key, uploadId, signal);
    },
    async signedUrl(key, options) {
      assertObjectKey(key);
      return await signUrl(connection, key, options);
    },
    probe({ signal }) {
      return probeBucket(connection, this, signal);
    },
    close: () => connection.client.close(),
  };
}

function capabilitiesOf({ signer }: Connection): StoreCapabilities {
  return {
    conditionalPut: true,
    multipart: true,
    rangeReads: true,
    equalParts: false,
    minPartBytes,
    maxParts,
    signedUrls: signer !== undefined,
  };
}
