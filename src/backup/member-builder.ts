import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { archivePath, versionedPath } from "../format/archive-path.ts";
import type { ListPosition } from "../format/checkpoint.ts";
import { normalSha256, sha256 } from "../format/normal-form.ts";
import { tarBlockBytes, tarHeader, tarPadding, writeTarHeader } from "../format/tar.ts";
import {
  lineHead,
  mostLineBytes,
  placeIndexLines,
  writeUnplacedLine,
} from "../format/write-index-line.ts";
import { createGrowingBytes, createMemberBuffers, type MemberBuffers } from "./member-buffers.ts";

/** Inflated size at which a member is closed: large enough to compress well, small to seek by. */
export const memberTargetBytes = 4 * 1024 * 1024;

/** Index lines of a member; a full member and one entry more. Only huge objects take others. */
const usualSizes = [1024 * 1024, memberTargetBytes + 256 * 1024];

/** For the builders of one run. */
export function createRunBuffers(): MemberBuffers {
  return createMemberBuffers(usualSizes);
}

/**
 * At which paths an object is put: `plain` alone, `twice` (also in the folder of the preferred
 * version), or in the folder of another version. Only the last has lines in the index of versions.
 */
export type EntryPlaces = "plain" | "twice" | "other-version";

/** One gzip member before compression: whole tar entries of one kind, and their index lines. */
export interface OpenMember {
  readonly resource: string;
  readonly tar: Buffer;
  readonly objectCount: number;
  /** Its lines belong to the index of versions. */
  readonly isOther: boolean;
  /** To be called once `tar` has been read for the last time: its memory is used again. */
  release(): void;
  /** Where lists stand once this member is durable; filled in by who reads the lists. */
  readonly positions: ListPosition[];
  /** Index lines, once the member's place in the archive is known; to be called once. */
  indexText(memberOffset: number, memberBytes: number): Buffer;
}

/** Collects entries of one kind into members. */
export interface MemberBuilder {
  /** Adds one object; answers a member when this object closed one. */
  add(object: RawObject): OpenMember | undefined;
  /** The rest; undefined when there is none. */
  close(): OpenMember | undefined;
}

export interface MemberOptions {
  readonly mtimeSeconds: number;
  readonly buffers: MemberBuffers;
  /** Inflated. Default {@link memberTargetBytes}. */
  readonly targetBytes?: number | undefined;
  /** Default `plain`. */
  readonly places?: EntryPlaces;
}

export function createMemberBuilder(
  kind: ResourceKind,
  { mtimeSeconds, buffers, targetBytes = memberTargetBytes, places = "plain" }: MemberOptions,
): MemberBuilder {
  const resource = groupResource(kind);
  const head = lineHead({ resource, version: apiVersion(kind), kind: kind.kind });
  const entries = createGrowingBytes(buffers);
  // As bytes: thousands of lines as objects would grow old in V8's heap.
  const lines = createGrowingBytes(buffers);
  let objectCount = 0;

  const close = (): OpenMember | undefined => {
    if (objectCount === 0) return undefined;
    const { bytes: tar, release } = entries.take();
    const text = lines.take();
    const member: OpenMember = {
      resource,
      tar,
      objectCount,
      isOther: places === "other-version",
      positions: [],
      release,
      indexText(memberOffset, memberBytes) {
        const placed = placeIndexLines(text.bytes, memberOffset, memberBytes);
        text.release();
        return placed;
      },
    };
    objectCount = 0;
    return member;
  };

  const inFolder = ({ namespace, name }: RawObject): string =>
    versionedPath(
      { resource, version: kind.version, preferred: places === "twice" },
      namespace,
      name,
    );

  const writeHeader = (path: string, sizeBytes: number): void => {
    const entry = { path, sizeBytes, mtimeSeconds };
    const header = entries.fill(tarBlockBytes, (to, at) => writeTarHeader(to, at, entry));
    if (header === 0) entries.write(tarHeader(path, sizeBytes, mtimeSeconds));
  };

  const writeBody = (bytes: Buffer): void => {
    entries.write(bytes);
    entries.write(tarPadding(bytes.length));
  };

  return {
    add(object) {
      const { bytes } = object;
      const plain = archivePath(resource, object.namespace, object.name);
      writeHeader(places === "other-version" ? inFolder(object) : plain, bytes.length);
      const line = {
        namespace: object.namespace,
        name: object.name,
        uid: object.uid,
        resourceVersion: object.resourceVersion,
        sha256: sha256(bytes),
        normalSha256: normalSha256(object),
        bodyOffset: entries.sizeBytes,
        bodyBytes: bytes.length,
      };
      const most = mostLineBytes(head, line);
      lines.fill(most, (to, at) => writeUnplacedLine(to, at, head, line));
      objectCount += 1;
      writeBody(bytes);
      if (places === "twice") {
        // Right behind itself it compresses to almost nothing.
        writeHeader(inFolder(object), bytes.length);
        writeBody(bytes);
      }
      return entries.sizeBytes >= targetBytes ? close() : undefined;
    },
    close,
  };
}
