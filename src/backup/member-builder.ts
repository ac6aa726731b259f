import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { archivePath } from "../format/archive-path.ts";
import type { ListPosition } from "../format/checkpoint.ts";
import { encodeIndexLine } from "../format/index-codec.ts";
import type { IndexLine } from "../format/index-line.ts";
import { normalSha256, sha256 } from "../format/normal-form.ts";
import { tarHeader, tarPadding } from "../format/tar.ts";
import { createMemberBuffers, type MemberBuffers } from "./member-buffers.ts";

/** Inflated size at which a member is closed: large enough to compress well, small to seek by. */
export const memberTargetBytes = 4 * 1024 * 1024;

/** A full member and one entry more; only very large objects need a buffer of their own. */
const usualBufferBytes = memberTargetBytes + 256 * 1024;

/** For the builders of one run. */
export function createRunBuffers(): MemberBuffers {
  return createMemberBuffers(usualBufferBytes);
}

/** One gzip member before compression: whole tar entries of one kind, and their index lines. */
export interface OpenMember {
  readonly resource: string;
  readonly tar: Buffer;
  readonly objectCount: number;
  /** To be called once `tar` has been read for the last time: its memory is used again. */
  release(): void;
  /** Where lists stand once this member is durable; filled in by who reads the lists. */
  readonly positions: ListPosition[];
  /** Index lines, once the member's place in the archive is known. */
  indexText(memberOffset: number, memberBytes: number): string;
}

/** Collects entries of one kind into members. */
export interface MemberBuilder {
  /** Adds one object; answers a member when this object closed one. */
  add(object: RawObject): OpenMember | undefined;
  /** The rest; undefined when there is none. */
  close(): OpenMember | undefined;
}

type UnplacedLine = Omit<IndexLine, "at"> & { readonly offset: number; readonly sizeBytes: number };

export function createMemberBuilder(
  kind: ResourceKind,
  mtimeSeconds: number,
  buffers: MemberBuffers,
  targetBytes = memberTargetBytes,
): MemberBuilder {
  const resource = groupResource(kind);
  const version = apiVersion(kind);
  let buffer = buffers.take(0);
  let lines: UnplacedLine[] = [];
  let sizeBytes = 0;

  const makeRoom = (wantedBytes: number): void => {
    if (wantedBytes <= buffer.length) return;
    const larger = buffers.take(wantedBytes);
    buffer.copy(larger, 0, 0, sizeBytes);
    buffers.giveBack(buffer);
    buffer = larger;
  };

  const write = (piece: Buffer): void => {
    buffer.set(piece, sizeBytes);
    sizeBytes += piece.length;
  };

  const close = (): OpenMember | undefined => {
    if (lines.length === 0) return undefined;
    const full = buffer;
    const tar = full.subarray(0, sizeBytes);
    const release = (): void => buffers.giveBack(full);
    const member = sealMember({ resource, tar, release }, lines);
    buffer = buffers.take(0);
    lines = [];
    sizeBytes = 0;
    return member;
  };

  return {
    add(object) {
      const { bytes } = object;
      const path = archivePath(resource, object.namespace, object.name);
      const header = tarHeader(path, bytes.length, mtimeSeconds);
      const padding = tarPadding(bytes.length);
      makeRoom(sizeBytes + header.length + bytes.length + padding.length);
      write(header);
      lines.push({
        resource,
        version,
        kind: kind.kind,
        ...(object.namespace === "" ? {} : { namespace: object.namespace }),
        name: object.name,
        uid: object.uid,
        resourceVersion: object.resourceVersion,
        sha256: sha256(bytes),
        normalSha256: normalSha256(object),
        offset: sizeBytes,
        sizeBytes: bytes.length,
      });
      write(bytes);
      write(padding);
      return sizeBytes >= targetBytes ? close() : undefined;
    },
    close,
  };
}

function sealMember(
  whole: Pick<OpenMember, "resource" | "tar" | "release">,
  lines: readonly UnplacedLine[],
): OpenMember {
  return {
    ...whole,
    objectCount: lines.length,
    positions: [],
    indexText: (memberOffset, memberBytes) =>
      lines
        .map(({ offset, sizeBytes, ...line }) =>
          encodeIndexLine({ ...line, at: [memberOffset, memberBytes, offset, sizeBytes] }),
        )
        .join(""),
  };
}
