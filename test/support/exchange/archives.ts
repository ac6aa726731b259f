/** Reads backup archives with none of the product's code, to compare two of them. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { decode, objectKey } from "../oracle/cluster-state.ts";

export interface Archive {
  /** Content of `metadata/version`. */
  readonly formatVersion: string;
  /** Bytes at the plain paths, by `resource namespace/name`. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** How many entries stand in version folders. */
  readonly versioned: number;
}

const plainPath = /^resources\/([^/]+)\/(?:cluster|namespaces\/([^/]+))\/([^/]+)\.json$/;

export async function readArchive(bytes: Buffer): Promise<Archive> {
  const objects = new Map<string, Buffer>();
  let formatVersion = "";
  let versioned = 0;
  const entries = Readable.from([gunzipSync(bytes)]).pipe(extract());
  for await (const entry of entries) {
    const body = await buffer(entry);
    const path = entry.header.name;
    const match = plainPath.exec(path);
    if (path === "metadata/version") formatVersion = body.toString().trim();
    else if (match === null) versioned += 1;
    else {
      const [, resource = "", namespace = "", name = ""] = match;
      objects.set(objectKey({ resource, namespace, name }), body);
    }
  }
  return { formatVersion, objects, versioned };
}

export interface ArchiveDifference {
  /** In both, with the same content: numbers by their text, keys in any order. */
  readonly equal: number;
  /** In both at another resourceVersion: written to between the two backups. */
  readonly changed: readonly string[];
  /** In both at the same resourceVersion, with other content. */
  readonly unequal: readonly string[];
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
}

export function compareArchives(first: Archive, second: Archive): ArchiveDifference {
  const changed: string[] = [];
  const unequal: string[] = [];
  let equal = 0;
  for (const [key, bytes] of first.objects) {
    const other = second.objects.get(key);
    if (other === undefined) continue;
    const [a, b] = [decode(bytes.toString()), decode(other.toString())];
    if (isDeepStrictEqual(a, b)) equal += 1;
    else if (revisionOf(a) === revisionOf(b)) unequal.push(key);
    else changed.push(key);
  }
  return {
    equal,
    changed,
    unequal,
    onlyFirst: [...first.objects.keys()].filter((key) => !second.objects.has(key)).sort(),
    onlySecond: [...second.objects.keys()].filter((key) => !first.objects.has(key)).sort(),
  };
}

const revisionOf = (object: ReturnType<typeof decode>): string =>
  (object["metadata"] as { readonly resourceVersion: string }).resourceVersion;
