import {
  ArkError,
  assertObjectKey,
  type ObjectStore,
  type PluginContext,
} from "../../src/plugin-sdk/object-store.ts";
import type { Timeouts } from "../shared-azure/http.ts";
import { type Connection, connect } from "./connect.ts";
import { listObjects } from "./list-objects.ts";
import { getObject, headObject, putObject, removeObject } from "./objects.ts";
import type { AzureBlobOptions } from "./options.ts";
import { probeContainer } from "./probe.ts";
import { signUrl } from "./sign-url.ts";
import { beginUpload, findUpload, maxParts } from "./upload.ts";

/** No request is made yet. */
export function openAzureStore(
  options: AzureBlobOptions,
  context: PluginContext,
  timeouts?: Timeouts,
): ObjectStore {
  return createAzureStore(connect(options, context, timeouts));
}

function createAzureStore(connection: Connection): ObjectStore {
  return {
    capabilities: {
      conditionalPut: true,
      multipart: true,
      rangeReads: true,
      equalParts: false,
      minPartBytes: connection.options.blockBytes ?? 1,
      maxParts,
      signedUrls: true,
    },
    display: connection.display,
    async put(key, body, options) {
      assertBlobKey(key, connection);
      await putObject(connection, key, body, options);
    },
    async get(key, options) {
      assertBlobKey(key, connection);
      return await getObject(connection, key, options);
    },
    async head(key, { signal }) {
      assertBlobKey(key, connection);
      return await headObject(connection, key, signal);
    },
    list: (prefix, options) => listObjects(connection, prefix, options),
    async remove(key, { signal }) {
      assertBlobKey(key, connection);
      return await removeObject(connection, key, signal);
    },
    async startUpload(key, options) {
      assertBlobKey(key, connection);
      return await beginUpload(connection, key, options);
    },
    async resumeUpload(key, uploadId, { signal }) {
      assertBlobKey(key, connection);
      return await findUpload(connection, key, uploadId, signal);
    },
    async signedUrl(key, options) {
      assertBlobKey(key, connection);
      return await signUrl(connection, key, options);
    },
    probe({ signal }) {
      return probeContainer(connection, this, signal);
    },
    close: async () => connection.azure.close(),
  };
}

/**
 * Azure takes a backslash for a slash, and says of dots at the end of a segment that they may be
 * lost: such keys would meet others. Errors: also ARK_STORE_UNSUPPORTED.
 */
function assertBlobKey(key: string, { display }: Connection): void {
  assertObjectKey(key);
  if (!/\\|\.(?:\/|$)/.test(key)) return;
  throw new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `location ${display} cannot keep ${JSON.stringify(key)}`,
    { answer: "names in Azure have no backslash, and no segment that ends with a dot" },
  );
}
