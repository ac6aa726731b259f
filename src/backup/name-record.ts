import type { BackupSpec } from "../api/backup.ts";
import { createShape, parseJson } from "../format/json-shape.ts";
import type { RunOwner } from "./backup-run.ts";

/** What `metadata/ark-ts/names/<name>/<epoch>` holds: who writes this backup. */
export interface NameRecord {
  readonly owner: RunOwner;
  readonly runUid: string;
  readonly clusterId: string;
  readonly spec: BackupSpec;
  /** Digest of what the request has beside the spec. */
  readonly requestSha256: string;
  /** When the run began, however often it was continued; RFC 3339. */
  readonly startedAt: string;
}

/** Errors: ARK_BACKUP_DAMAGED. */
export function decodeNameRecord(bytes: Uint8Array, name: string): NameRecord {
  const subject = `the record of who writes backup "${name}"`;
  const shape = createShape("ARK_BACKUP_DAMAGED", subject);
  const record = shape.record(parseJson(bytes, "ARK_BACKUP_DAMAGED", subject), "it");
  const owner = shape.record(record["owner"], "owner");
  return {
    owner: {
      host: shape.text(owner["host"], "owner.host"),
      bootId: shape.text(owner["bootId"], "owner.bootId"),
      pid: shape.count(owner["pid"], "owner.pid"),
    },
    runUid: shape.text(record["runUid"], "runUid", 128),
    clusterId: shape.text(record["clusterId"], "clusterId", 128),
    spec: shape.record(record["spec"], "spec") as BackupSpec,
    requestSha256: shape.sha256(record["requestSha256"], "requestSha256"),
    startedAt: shape.text(record["startedAt"], "startedAt", 64),
  };
}
