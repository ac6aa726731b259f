import type { BackupStorageLocation } from "../api/backup-storage-location.ts";
import type { DeleteBackupRequest } from "../api/delete-backup-request.ts";
import { annotations } from "../api/labels.ts";
import type { ObjectMeta } from "../api/object-meta.ts";
import { backupStage } from "./backups/backup-stage.ts";
import { placeOfLocation } from "./sync/place-of-location.ts";

/** How long a request that met errors is kept, from its creation (contract: velero-features 5.1). */
const keptForMs = 24 * 3_600_000;

/** What is done with the requests for one backup. */
export interface RequestPlan {
  /** The one that is worked on; undefined: none has to be. */
  readonly active: DeleteBackupRequest | undefined;
  /** Those that are removed: others of the active one's backup, or such as were kept long enough. */
  readonly superseded: readonly DeleteBackupRequest[];
  /** Until the next of the others is old enough. */
  readonly lookAgainAfterMs: number | undefined;
}

/**
 * One request at a time is worked on for a backup: one that was begun, else the newest. Unlike
 * Velero, one that a dead server has begun goes on.
 */
export function planRequests(all: readonly DeleteBackupRequest[], now: Date): RequestPlan {
  const open = all.filter(({ status }) => status?.phase !== "Processed");
  const begun = open.find(({ status }) => status?.phase === "InProgress");
  const active = begun ?? open.toSorted((a, b) => createdAt(b) - createdAt(a))[0];
  const others = all.filter((one) => one !== active);
  // Such are refused one by one.
  const isForNone = (active?.spec.backupName ?? "") === "";
  if (active !== undefined && isForNone) {
    return { active, superseded: [], lookAgainAfterMs: open.length > 1 ? 1 : keptForMs };
  }
  if (active !== undefined) return { active, superseded: others, lookAgainAfterMs: undefined };
  const left = others.map((one) => ({ one, leftMs: createdAt(one) + keptForMs - now.getTime() }));
  const superseded = left.filter(({ leftMs }) => leftMs <= 0).map(({ one }) => one);
  const waits = left.map(({ leftMs }) => leftMs).filter((leftMs) => leftMs > 0);
  return {
    active,
    superseded,
    lookAgainAfterMs: waits.length === 0 ? undefined : Math.min(...waits),
  };
}

/**
 * Whether a Backup of this phase can be deleted: `unbegun` ones have nothing but the resource, and
 * `busy` ones are written by a run.
 */
export function deletability(phase: string | undefined): "unbegun" | "busy" | "ended" {
  const stage = backupStage(phase);
  if (stage === "waiting") return "unbegun";
  return stage === "deleting" || stage === "over" ? "ended" : "busy";
}

/** Why nothing can be deleted there now; undefined: nothing is in the way. */
export function problemOfLocation({
  metadata,
  spec,
  status,
}: BackupStorageLocation): string | undefined {
  const { name } = metadata;
  if (spec.accessMode === "ReadOnly") {
    return `cannot delete backup: its location "${name}" is read-only`;
  }
  if (status?.phase !== "Unavailable") return undefined;
  return `cannot delete backup: its location "${name}" is Unavailable: ${status.message ?? "see its status"}`;
}

/** Sync has noted where the files were last seen. */
export function problemOfPlace(
  { metadata }: { readonly metadata: ObjectMeta },
  location: BackupStorageLocation,
): string | undefined {
  const seen = metadata.annotations?.[annotations.storedAt];
  const now = placeOfLocation(location.spec);
  if (seen === undefined || seen === now) return undefined;
  return `location "${location.metadata.name}" is ${now} now, and the files of this backup are in ${seen}: nothing was deleted in either; point the location there, or remove the Backup with kubectl to forget it`;
}

function createdAt({ metadata }: DeleteBackupRequest): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}
