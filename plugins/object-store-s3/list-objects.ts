import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import {
  ArkError,
  assertListPrefix,
  compareKeys,
  isObjectKey,
  type ListEntry,
  type ListOptions,
} from "../../src/plugin-sdk/object-store.ts";
import type { Connection } from "./connect.ts";

/** Page by page. Errors: ARK_STORE_UNSUPPORTED when the store does not list in byte order. */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  { delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry> {
  assertListPrefix(prefix);
  const { client, options } = connection;
  let token: string | undefined;
  let last = "";
  do {
    const command = new ListObjectsV2Command({
      Bucket: options.bucket,
      Prefix: options.prefix + prefix,
      // Names with characters that XML cannot hold survive only so.
      EncodingType: "url",
      ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await connection.call("ListObjectsV2", options.prefix + prefix, signal, (abort) =>
      client.send(command, abort),
    );
    if (!isListing(page)) throw notListing(connection);
    for (const entry of entriesOf(page, options.prefix.length)) {
      signal.throwIfAborted();
      if (compareKeys(last, entry.key) >= 0) throw unordered(connection, last, entry.key);
      last = entry.key;
      yield entry;
    }
    token = nextToken(connection, page, token);
  } while (token !== undefined);
}

/** The SDK reads a web page as a list without entries. */
function isListing({ Name, KeyCount, IsTruncated }: ListObjectsV2CommandOutput): boolean {
  return Name !== undefined || KeyCount !== undefined || IsTruncated !== undefined;
}

function notListing({ display, options }: Connection): ArkError {
  return new ArkError("ARK_STORE_FAILED", `cannot list location ${display}`, {
    answer: `${options.endpoint ?? "AWS"} answered with something that is no list`,
    advice: "what answers there is not an S3 service; check s3Url (a console has another port)",
  });
}

/** Objects and common prefixes of one page in one order; keys without the location's prefix. */
function entriesOf(page: ListObjectsV2CommandOutput, prefixLength: number): readonly ListEntry[] {
  const decode = page.EncodingType === "url" ? decodeName : (name: string) => name;
  const objects = (page.Contents ?? []).flatMap((found): ListEntry[] => {
    const key = decode(found.Key ?? "").slice(prefixLength);
    // Consoles make empty objects `folder/`; such keys cannot be named by the port.
    if (!isObjectKey(key)) return [];
    const modifiedAt = found.LastModified ?? new Date(0);
    return [{ kind: "object", key, sizeBytes: found.Size ?? 0, modifiedAt }];
  });
  const prefixes = (page.CommonPrefixes ?? []).flatMap((found): ListEntry[] => {
    const key = decode(found.Prefix ?? "").slice(prefixLength);
    return isObjectKey(key.slice(0, -1)) ? [{ kind: "prefix", key }] : [];
  });
  if (prefixes.length === 0) return objects;
  return [...objects, ...prefixes].sort((left, right) => compareKeys(left.key, right.key));
}

/** Stores write a space as `+` or as `%20`, and a plus always as `%2B`. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", "%20"));
  } catch {
    return name;
  }
}

function nextToken(
  { display }: Connection,
  page: ListObjectsV2CommandOutput,
  token: string | undefined,
): string | undefined {
  if (page.IsTruncated !== true) return undefined;
  const next = page.NextContinuationToken;
  if (next !== undefined && next !== token) return next;
  throw new ArkError("ARK_STORE_FAILED", `the list of location ${display} cannot be continued`, {
    answer: "it says that there is more, without a new continuation token",
  });
}

function unordered({ display }: Connection, before: string, after: string): ArkError {
  return new ArkError(
    "ARK_STORE_UNSUPPORTED",
    `location ${display} does not list its keys in byte order`,
    { answer: `${JSON.stringify(after)} came after ${JSON.stringify(before)}` },
  );
}
