import type { ObjectStore, StoreCallOptions, Upload } from "../../ports/object-store.ts";

/** Who may write only as long as it leads. */
export interface StoreFence {
  /** Throws once the right to write is gone; as of a leader's term. */
  readonly fence: () => void;
  /** Aborts a write that is on its way then. */
  readonly lost: AbortSignal;
}

/** Refuses every write, and aborts those under way, once the fence is down; reads pass. */
export function withFence(inner: ObjectStore, { fence, lost }: StoreFence): ObjectStore {
  const fenced = async <Result>(
    { signal }: StoreCallOptions,
    act: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    fence();
    return await act(AbortSignal.any([signal, lost]));
  };
  const fencedUpload = (upload: Upload): Upload => ({
    uploadId: upload.uploadId,
    putPart: (number, body, options) =>
      fenced(options, (signal) => upload.putPart(number, body, { ...options, signal })),
    complete: (parts, options) =>
      fenced(options, (signal) => upload.complete(parts, { ...options, signal })),
    abort: (options) => fenced(options, (signal) => upload.abort({ ...options, signal })),
  });
  return {
    capabilities: inner.capabilities,
    display: inner.display,
    put: (key, body, options) =>
      fenced(options, (signal) => inner.put(key, body, { ...options, signal })),
    get: (key, options) => inner.get(key, options),
    head: (key, options) => inner.head(key, options),
    list: (prefix, options) => inner.list(prefix, options),
    remove: (key, options) =>
      fenced(options, (signal) => inner.remove(key, { ...options, signal })),
    startUpload: async (key, options) =>
      fencedUpload(
        await fenced(options, (signal) => inner.startUpload(key, { ...options, signal })),
      ),
    async resumeUpload(key, uploadId, options) {
      const upload = await inner.resumeUpload(key, uploadId, options);
      return upload === undefined ? undefined : fencedUpload(upload);
    },
    signedUrl: (key, options) => inner.signedUrl(key, options),
    probe: (options) => fenced(options, (signal) => inner.probe({ ...options, signal })),
    close: () => inner.close(),
  };
}
