import {
  ArkError,
  assertListPrefix,
  compareKeys,
  isObjectKey,
  type ListEntry,
  type ListOptions,
} from "../../src/plugin-sdk/object-store.ts";
import { type Connection, jsonUrl } from "./connect.ts";

type Page = Readonly<Record<string, unknown>>;

/** Page by page. Errors: ARK_STORE_UNSUPPORTED when the store does not list in byte order. */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  { delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry> {
  assertListPrefix(prefix);
  const whole = connection.options.prefix + prefix;
  let token: string | undefined;
  let last = "";
  do {
    const { json: page } = await connection.call("ListObjects", whole, {
      method: "GET",
      url: jsonUrl(connection),
      query: {
        prefix: whole === "" ? undefined : whole,
        delimiter,
        pageToken: token,
        fields: "kind,items(name,size,updated),prefixes,nextPageToken",
      },
      signal,
    });
    if (page["kind"] !== "storage#objects") throw notListing(connection);
    for (const entry of entriesOf(page, connection.options.prefix.length)) {
      signal.throwIfAborted();
      if (compareKeys(last, entry.key) >= 0) throw unordered(connection, last, entry.key);
      last = entry.key;
      yield entry;
    }
    token = nextToken(connection, page, token);
  } while (token !== undefined);
}

function notListing({ display, options }: Connection): ArkError {
  return new ArkError("ARK_STORE_FAILED", `cannot list location ${display}`, {
    answer: `${options.endpoint} answered with something that is no list`,
    advice: "what answers there is not Google Cloud Storage; check storeEndpoint and the proxy",
  });
}

/** Objects and common prefixes of one page in one order; keys without the location's prefix. */
function entriesOf(page: Page, prefixLength: number): readonly ListEntry[] {
  const items = Array.isArray(page["items"]) ? (page["items"] as readonly Page[]) : [];
  const objects = items.flatMap((found): ListEntry[] => {
    const key = String(found["name"]).slice(prefixLength);
    // Consoles make empty objects `folder/`; such keys cannot be named by the port.
    if (!isObjectKey(key)) return [];
    const modifiedAt = new Date(Date.parse(String(found["updated"])) || 0);
    return [{ kind: "object", key, sizeBytes: Number(found["size"] ?? 0), modifiedAt }];
  });
  const names = Array.isArray(page["prefixes"]) ? (page["prefixes"] as readonly unknown[]) : [];
  const prefixes = names.flatMap((found): ListEntry[] => {
    const key = String(found).slice(prefixLength);
    return isObjectKey(key.slice(0, -1)) ? [{ kind: "prefix", key }] : [];
  });
  if (prefixes.length === 0) return objects;
  return [...objects, ...prefixes].sort((left, right) => compareKeys(left.key, right.key));
}

function nextToken(
  connection: Connection,
  page: Page,
  previous: string | undefined,
): string | undefined {
  const next = page["nextPageToken"];
  if (typeof next !== "string" || next === "") return undefined;
  if (next !== previous) return next;
  throw new ArkError("ARK_STORE_UNSUPPORTED", `location ${connection.display} lists in a circle`);
}

function unordered({ display }: Connection, last: string, key: string): ArkError {
  return new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `location ${display} does not list in the order of bytes`,
    { answer: `${JSON.stringify(key)} came after ${JSON.stringify(last)}` },
  );
}
