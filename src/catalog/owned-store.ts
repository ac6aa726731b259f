import { hasCode } from "../lib/errors.ts";
import type { ObjectStore, Upload } from "../ports/object-store.ts";

type CheckOwner = (signal: AbortSignal) => Promise<void>;

/**
 * The store as the process writes to it that owns a run's name. One that stood still while another
 * took the run over writes over nothing of that one, which may be sealed by then; only what it
 * was completing as an upload in parts at that very moment, no store can tell.
 * Errors beside those of the store: ARK_NAME_LOST.
 */
export function ownedStore(store: ObjectStore, checkOwner: CheckOwner): ObjectStore {
  const { capabilities, display } = store;
  return {
    capabilities,
    display,
    async put(key, body, options) {
      const { ifAbsent, signal } = options;
      if (ifAbsent === true) return await store.put(key, body, options);
      if (!capabilities.conditionalPut) await checkOwner(signal);
      else if (await putNew(store, key, body, signal)) return;
      else await checkOwner(signal);
      await store.put(key, body, options);
    },
    get: (key, options) => store.get(key, options),
    head: (key, options) => store.head(key, options),
    list: (prefix, options) => store.list(prefix, options),
    remove: (key, options) => store.remove(key, options),
    startUpload: async (key, options) =>
      ownedUpload(await store.startUpload(key, options), checkOwner),
    async resumeUpload(key, uploadId, options) {
      const upload = await store.resumeUpload(key, uploadId, options);
      return upload && ownedUpload(upload, checkOwner);
    },
    signedUrl: (key, options) => store.signedUrl(key, options),
    probe: (options) => store.probe(options),
    close: () => store.close(),
  };
}

function ownedUpload(upload: Upload, checkOwner: CheckOwner): Upload {
  return {
    uploadId: upload.uploadId,
    putPart: (number, body, options) => upload.putPart(number, body, options),
    async complete(parts, options) {
      await checkOwner(options.signal);
      await upload.complete(parts, options);
    },
    abort: (options) => upload.abort(options),
  };
}

/** False when something is there. */
async function putNew(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.put(key, body, { ifAbsent: true, signal });
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_EXISTS")) return false;
    throw thrown;
  }
}
