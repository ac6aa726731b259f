import { ArkError } from "../../lib/errors.ts";
import type { ObjectStore, ProbeResult, StoreCallOptions } from "../../ports/object-store.ts";

/** Refuses every write with ARK_STORE_READ_ONLY before the store is asked; reads pass. */
export function withReadOnly(inner: ObjectStore): ObjectStore {
  const refuse =
    (verb: string) =>
    async (key: string): Promise<never> => {
      throw new ArkError("ARK_STORE_READ_ONLY", `cannot ${verb} ${JSON.stringify(key)}`, {
        answer: `location ${inner.display} is set to read-only`,
        advice: "use another location, or set this one's access mode to ReadWrite",
      });
    };
  return {
    capabilities: inner.capabilities,
    display: inner.display,
    put: refuse("write"),
    get: (key, options) => inner.get(key, options),
    head: (key, options) => inner.head(key, options),
    list: (prefix, options) => inner.list(prefix, options),
    remove: refuse("delete"),
    startUpload: refuse("write"),
    resumeUpload: refuse("write"),
    signedUrl: (key, options) => inner.signedUrl(key, options),
    probe: (options) => probeReads(inner, options),
    close: () => inner.close(),
  };
}

async function probeReads(
  inner: ObjectStore,
  { signal }: StoreCallOptions,
): Promise<readonly ProbeResult[]> {
  const detail = "the location is set to read-only";
  const writes = ["put", "conditional put", "multipart upload", "delete"].map(
    (check): ProbeResult => ({ check, outcome: "not asked", detail }),
  );
  return [await probeList(inner, signal), ...writes];
}

async function probeList(inner: ObjectStore, signal: AbortSignal): Promise<ProbeResult> {
  try {
    for await (const { key } of inner.list("", { delimiter: "/", signal })) {
      return { check: "list", outcome: "yes", detail: `begins with ${key}` };
    }
    return { check: "list", outcome: "yes", detail: "empty" };
  } catch (thrown) {
    signal.throwIfAborted();
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { check: "list", outcome: "failed", detail: message };
  }
}
