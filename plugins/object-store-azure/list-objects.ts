import type { BlobItem, BlobPrefix } from "@azure/storage-blob";
import {
  ArkError,
  assertListPrefix,
  compareKeys,
  isObjectKey,
  type ListEntry,
  type ListOptions,
} from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";

/**
 * Page by page, in byte order. Accounts with a hierarchical namespace list folder by folder, and
 * nobody has said how Azure orders what lies beyond U+D7FF: there, all is read before it is told.
 */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  { delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry> {
  assertListPrefix(prefix);
  signal.throwIfAborted();
  const isFlat = await isFlatNamespace(connection, signal);
  let isHeldBack = !isFlat;
  const held: ListEntry[] = [];
  let last = "";
  for await (const entry of readPages(connection, prefix, delimiter, signal)) {
    isHeldBack ||= /[\ud800-\uffff]/.test(entry.key);
    if (isHeldBack) {
      held.push(entry);
      continue;
    }
    if (compareKeys(last, entry.key) >= 0) throw unordered(connection, last, entry.key);
    last = entry.key;
    yield entry;
  }
  held.sort((left, right) => compareKeys(left.key, right.key));
  for (const entry of held) {
    signal.throwIfAborted();
    yield entry;
  }
}

async function* readPages(
  connection: Connection,
  prefix: string,
  delimiter: "/" | undefined,
  signal: AbortSignal,
): AsyncGenerator<ListEntry> {
  const whole = connection.options.prefix + prefix;
  const skipped = connection.options.prefix.length;
  let continuationToken: string | undefined;
  do {
    const page = await connection.call("ListBlobs", whole, signal, async (clients, abortSignal) => {
      const options = { abortSignal, prefix: whole, includeMetadata: true };
      const paging = { ...(continuationToken ? { continuationToken } : {}), maxPageSize: 5_000 };
      const pages =
        delimiter === undefined
          ? clients.container.listBlobsFlat(options).byPage(paging)
          : clients.container.listBlobsByHierarchy(delimiter, options).byPage(paging);
      const { value } = await pages[Symbol.asyncIterator]().next();
      return value;
    });
    const { blobItems = [], blobPrefixes = [] } = (page?.segment ?? {}) as Segment;
    const entries = [
      ...blobItems.flatMap((item) => objectOf(item, skipped)),
      ...blobPrefixes.flatMap((item) => prefixOf(item, skipped)),
    ];
    yield* entries.sort((left, right) => compareKeys(left.key, right.key));
    const next = page?.continuationToken;
    if (next && next === continuationToken) throw endless(connection);
    continuationToken = next;
  } while (continuationToken);
}

interface Segment {
  readonly blobItems?: readonly BlobItem[];
  readonly blobPrefixes?: readonly BlobPrefix[];
}

function objectOf({ name, properties, metadata }: BlobItem, skipped: number): ListEntry[] {
  const key = name.slice(skipped);
  // Folders of a hierarchical namespace come as empty objects.
  if (!isObjectKey(key) || metadata?.["hdi_isfolder"] === "true") return [];
  const { contentLength: sizeBytes = 0, lastModified: modifiedAt } = properties;
  return [{ kind: "object", key, sizeBytes, modifiedAt }];
}

function prefixOf({ name }: BlobPrefix, skipped: number): ListEntry[] {
  const key = name.slice(skipped);
  return isObjectKey(key.slice(0, -1)) ? [{ kind: "prefix", key }] : [];
}

const flatness = new WeakMap<Connection, boolean>();

/** Asked once; who may not ask counts as not knowing. */
async function isFlatNamespace(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const known = flatness.get(connection);
  if (known !== undefined) return known;
  const found = await readNamespace(connection, signal).catch((thrown: unknown) => {
    signal.throwIfAborted();
    if (thrown instanceof ArkError && thrown.disposition === "retry") throw thrown;
    return undefined;
  });
  const isFlat = found === "flat";
  flatness.set(connection, isFlat);
  return isFlat;
}

export async function readNamespace(
  connection: Connection,
  signal: AbortSignal,
): Promise<"flat" | "hierarchical" | undefined> {
  const { isHierarchicalNamespaceEnabled: isDeep } = await connection.call(
    "GetAccountInformation",
    "",
    signal,
    ({ container }, abortSignal) => container.getAccountInfo({ abortSignal }),
  );
  if (isDeep === undefined) return undefined;
  return isDeep ? "hierarchical" : "flat";
}

function unordered({ display }: Connection, before: string, after: string): ArkError {
  return new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `location ${display} does not list its keys in byte order`,
    { answer: `${JSON.stringify(after)} came after ${JSON.stringify(before)}` },
  );
}

function endless({ display }: Connection): ArkError {
  return new ArkError("ARK_STORE_FAILED", `the list of location ${display} cannot be continued`, {
    answer: "it says that there is more, without a new marker",
  });
}
