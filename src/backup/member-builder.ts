import { hash } from "node:crypto";
import type { RawObject } from "../api/raw-object.ts";
import { apiVersion, groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { archivePath } from "../format/archive-path.ts";
import { encodeIndexLine } from "../format/index-codec.ts";
import type { IndexLine } from "../format/index-line.ts";
import { normalSha256 } from "../format/normal-form.ts";
import { tarHeader, tarPadding } from "../format/tar.ts";

/** Inflated size at which a member is closed: large enough to compress well, small to seek by. */
export const memberTargetBytes = 4 * 1024 * 1024;

/** One gzip member before compression: whole tar entries of one kind, and their index lines. */
export interface OpenMember {
  readonly resource: string;
  readonly tar: Buffer;
  readonly objectCount: number;
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

export function createMemberBuilder(kind: ResourceKind, mtimeSeconds: number): MemberBuilder {
  const resource = groupResource(kind);
  const version = apiVersion(kind);
  let pieces: Buffer[] = [];
  let lines: UnplacedLine[] = [];
  let sizeBytes = 0;

  const close = (): OpenMember | undefined => {
    if (lines.length === 0) return undefined;
    const member = sealMember(resource, Buffer.concat(pieces, sizeBytes), lines);
    pieces = [];
    lines = [];
    sizeBytes = 0;
    return member;
  };

  return {
    add(object) {
      const header = tarHeader(
        archivePath(resource, object.namespace, object.name),
        object.bytes.length,
        mtimeSeconds,
      );
      const padding = tarPadding(object.bytes.length);
      lines.push({
        resource,
        version,
        kind: kind.kind,
        ...(object.namespace === "" ? {} : { namespace: object.namespace }),
        name: object.name,
        uid: object.uid,
        resourceVersion: object.resourceVersion,
        sha256: hash("sha256", object.bytes, "hex"),
        normalSha256: normalSha256(object),
        offset: sizeBytes + header.length,
        sizeBytes: object.bytes.length,
      });
      pieces.push(header, object.bytes, padding);
      sizeBytes += header.length + object.bytes.length + padding.length;
      return sizeBytes >= memberTargetBytes ? close() : undefined;
    },
    close,
  };
}

function sealMember(resource: string, tar: Buffer, lines: readonly UnplacedLine[]): OpenMember {
  return {
    resource,
    tar,
    objectCount: lines.length,
    indexText: (memberOffset, memberBytes) =>
      lines
        .map(({ offset, sizeBytes, ...line }) =>
          encodeIndexLine({ ...line, at: [memberOffset, memberBytes, offset, sizeBytes] }),
        )
        .join(""),
  };
}
