import { createShape, parseJson } from "../format/json-shape.ts";
import { checkOwner } from "../format/owner-check.ts";
import { ArkError, toArkError } from "../lib/errors.ts";
import type { RunOwner } from "./run-owner.ts";

/** What `metadata/ark-ts/names/<name>/<epoch>` or its like for restores holds: who runs this. */
export interface NameRecord {
  readonly owner: RunOwner;
  readonly runUid: string;
  readonly clusterId: string;
  /** Of the Backup or Restore, as it was asked for. */
  readonly spec: object;
  /** Digest of what the request has beside the spec. */
  readonly requestSha256: string;
  /** Of a restore: uid of the Backup that it reads. */
  readonly backupUid?: string;
  /** When the run began, however often it was continued; RFC 3339. */
  readonly startedAt: string;
  /** The command that asked for it last, as a shell takes it. Absent: none did, or it is too long. */
  readonly command?: string;
}

/** Of a command that is kept. */
export const maxCommandLength = 16_384;

/** `noun` is for sentences. Errors: ARK_BACKUP_DAMAGED. */
export function decodeNameRecord(
  bytes: Uint8Array,
  noun: "backup" | "restore",
  name: string,
): NameRecord {
  const subject = `the record of who runs ${noun} "${name}"`;
  try {
    return decode(bytes, subject);
  } catch (thrown) {
    const { code, message } = toArkError(thrown);
    throw new ArkError(code, message, {
      advice: `if no run of that name goes on, clear what is left: ark-ts ${noun} discard ${name}`,
      cause: thrown,
    });
  }
}

function decode(bytes: Uint8Array, subject: string): NameRecord {
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const record = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
  const { backupUid, command } = record;
  return {
    owner: checkOwner(record["owner"], shape),
    runUid: shape.text(record["runUid"], "runUid", 128),
    clusterId: shape.text(record["clusterId"], "clusterId", 128),
    spec: shape.record(record["spec"], "spec"),
    requestSha256: shape.sha256(record["requestSha256"], "requestSha256"),
    ...(backupUid === undefined ? {} : { backupUid: shape.text(backupUid, "backupUid", 128) }),
    startedAt: shape.text(record["startedAt"], "startedAt", 64),
    ...(command === undefined ? {} : { command: shape.text(command, "command", maxCommandLength) }),
  };
}
