import { ArkError } from "../lib/errors.ts";
import type { IndexLine } from "./index-line.ts";

/** First entry of every archive; its content is the format version and a newline. */
export const versionEntryPath = "metadata/version";

/** A path longer than this comes from no API server: names end far below it. */
export const maxEntryPathBytes = 4096;

/** What a path in an archive stands for. */
export type ArchivePath =
  | {
      readonly kind: "item";
      /** Group-resource. */
      readonly resource: string;
      /** Empty for a cluster-scoped object. */
      readonly namespace: string;
      readonly name: string;
    }
  | {
      /** The same object once more, under the folder of its version (Velero's format 1.1.0). */
      readonly kind: "versioned-item";
      readonly resource: string;
      readonly version: string;
      readonly preferred: boolean;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: "version" }
  /** Safe, and unknown to us. */
  | { readonly kind: "other" };

/**
 * Where an object's bytes stand in the archive. Names come as they are, with the capitals and
 * colons that RBAC allows. Errors: ARK_ARCHIVE_INVALID for a name that cannot be a path segment.
 */
export function archivePath(resource: string, namespace: string, name: string): string {
  if (!isSegment(resource)) throw unsafe(resource, "its name cannot stand in an archive");
  return pathIn(resource, namespace, name);
}

/**
 * Where the object stands in the folder of a version (format 1.1.0). `version` is that of the
 * path, `v1`, without the group. Errors: as {@link archivePath}.
 */
export function versionedPath(
  folder: { readonly resource: string; readonly version: string; readonly preferred: boolean },
  namespace: string,
  name: string,
): string {
  const { resource, version, preferred } = folder;
  if (!isSegment(version)) throw unsafe(version, "its version cannot stand in an archive");
  return pathIn(`${resource}/${version}${preferred ? preferredSuffix : ""}`, namespace, name);
}

/** The path that a line of an index stands for. Errors: as {@link archivePath}. */
export function entryPath(
  line: Pick<IndexLine, "resource" | "namespace" | "name" | "folder">,
): string {
  const { resource, namespace = "", name, folder: version } = line;
  if (version === undefined) return archivePath(resource, namespace, name);
  return versionedPath({ resource, version, preferred: false }, namespace, name);
}

function pathIn(folder: string, namespace: string, name: string): string {
  const scope = namespace === "" ? "cluster" : `namespaces/${namespace}`;
  for (const segment of namespace === "" ? [name] : [namespace, name]) {
    if (!isSegment(segment)) throw unsafe(segment, "its name cannot stand in an archive");
  }
  const path = `resources/${folder}/${scope}/${name}.json`;
  if (Buffer.byteLength(path) > maxEntryPathBytes) throw unsafe(path, "it is too long");
  return path;
}

/**
 * Never throws for what is only unknown. Errors: ARK_ARCHIVE_INVALID for a path that is empty,
 * absolute, over-long, holds a NUL, or climbs.
 */
export function parseArchivePath(path: string): ArchivePath {
  const segments = safeSegments(path);
  if (segments.length === 2 && segments[0] === "metadata" && segments[1] === "version") {
    return { kind: "version" };
  }
  const [root, resource, ...rest] = segments;
  if (root !== "resources" || resource === undefined) return { kind: "other" };
  const plain = scoped(rest);
  if (plain !== undefined) return { kind: "item", resource, ...plain };
  const [folder, ...inner] = rest;
  const versioned = scoped(inner);
  if (folder === undefined || versioned === undefined) return { kind: "other" };
  const preferred = folder.endsWith(preferredSuffix);
  const version = preferred ? folder.slice(0, -preferredSuffix.length) : folder;
  return { kind: "versioned-item", resource, version, preferred, ...versioned };
}

const preferredSuffix = "-preferredversion";
const nameSuffix = ".json";

/** `cluster/<name>.json` or `namespaces/<ns>/<name>.json`. */
function scoped(
  segments: readonly string[],
): { readonly namespace: string; readonly name: string } | undefined {
  const [scope, second, third] = segments;
  if (scope === "cluster" && segments.length === 2 && second !== undefined) {
    return named("", second);
  }
  if (scope === "namespaces" && segments.length === 3 && second !== undefined) {
    return third === undefined ? undefined : named(second, third);
  }
  return undefined;
}

function named(namespace: string, file: string) {
  if (!file.endsWith(nameSuffix)) return undefined;
  const name = file.slice(0, -nameSuffix.length);
  return isSegment(name) ? { namespace, name } : undefined;
}

function safeSegments(path: string): readonly string[] {
  if (path === "") throw unsafe(path, "it is empty");
  if (Buffer.byteLength(path) > maxEntryPathBytes) throw unsafe(path, "it is too long");
  if (path.startsWith("/")) throw unsafe(path, "it is absolute");
  const segments = (path.startsWith("./") ? path.slice(2) : path).split("/");
  for (const segment of segments) {
    if (!isSegment(segment)) throw unsafe(path, 'it has an empty, "." or ".." segment or a NUL');
  }
  return segments;
}

function isSegment(text: string): boolean {
  return (
    text !== "" && text !== "." && text !== ".." && !text.includes("/") && !text.includes("\0")
  );
}

function unsafe(path: string, why: string): ArkError {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new ArkError(
    "ARK_ARCHIVE_INVALID",
    `the archive path ${JSON.stringify(shown)} cannot be used: ${why}`,
  );
}
