import {
  assertObjectKey,
  type ObjectStore,
  type PluginContext,
  type StoreCapabilities,
} from "../../src/plugin-sdk/object-store.ts";
import type { Timeouts } from "../shared-aws/connection.ts";
import { type Connection, connect } from "./connect.ts";
import { listObjects } from "./list-objects.ts";
import { getObject, headObject, putObject, removeObject } from "./objects.ts";
import type { S3Options } from "./options.ts";
import { probeBucket } from "./probe.ts";
import { signUrl } from "./sign-url.ts";
import { beginUpload, findUpload, maxParts, minPartBytes } from "./upload.ts";

/** No request is made yet. Errors: ARK_CONFIG_INVALID. */
export async function openS3Store(
  options: S3Options,
  context: PluginContext,
  timeouts?: Timeouts,
): Promise<ObjectStore> {
  return createS3Store(await connect(options, context, timeouts));
}

function createS3Store(connection: Connection): ObjectStore {
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
      return headObject(connection, key, signal);
    },
    list: (prefix, options) => listObjects(connection, prefix, options),
    async remove(key, { signal }) {
      assertObjectKey(key);
      return removeObject(connection, key, signal);
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
    close: async () => connection.client.destroy(),
  };
}

function capabilitiesOf({ options, customerKey }: Connection): StoreCapabilities {
  const { conditionalPut, equalParts } = options;
  return {
    conditionalPut,
    multipart: true,
    rangeReads: true,
    equalParts,
    minPartBytes,
    maxParts,
    signedUrls: customerKey === undefined,
  };
}
