import { backupPhases } from "../../api/backup-phases.ts";
import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import type { DeleteBackupRequest } from "../../api/delete-backup-request.ts";
import { annotations, labels } from "../../api/labels.ts";
import { isTerminal } from "../../api/phase-table.ts";
import type { KnownBackup } from "../sync/plan-sync.ts";

/** Values of the label `velero.io/gc-failure`; the first two are Velero's. */
export type ExpiryHindrance =
  | "BSLNotFound"
  | "BSLReadOnly"
  /** It owns snapshots or moved data that this version cannot delete. */
  | "OwnsData"
  /** The last good one of its Schedule. */
  | "LastGood"
  /**
   * Its manifest names another cluster; or it has none, and nothing names its cluster. Or a Schedule
   * of another namespace made it: the server there knows whether it is the last good one.
   */
  | "OtherCluster"
  /** The files under its name are another backup's, or its location means another place by now. */
  | "OtherBackup"
  /** Its seal or manifest cannot be read. */
  | "Unreadable";

/** What garbage collection does with a Backup now. */
export type ExpiryDecision =
  /** Not expired, not finished, or being deleted. */
  | { readonly action: "leave" }
  /** The location cannot be asked at the moment. */
  | { readonly action: "wait" }
  | { readonly action: "keep"; readonly why: ExpiryHindrance }
  /** What the bucket says of it decides: whose it is, and what it owns. */
  | { readonly action: "ask" };

export interface ExpiryContext {
  readonly now: Date;
  /** Of the Backup; undefined: there is none of its name. */
  readonly location: BackupStorageLocation | undefined;
  /** Those of this Backup (label `velero.io/backup-uid`). */
  readonly requests: () => readonly DeleteBackupRequest[];
  /** After a deletion that failed it is tried again when so much time has passed. */
  readonly retryAfterMs: number;
}

/** Pure; contract: Velero 1.18.3 (velero-features 5.2), but that what still runs is left alone. */
export function decideExpiry(
  { metadata, status }: KnownBackup,
  { now, location, requests, retryAfterMs }: ExpiryContext,
): ExpiryDecision {
  const expiresAt = Date.parse(status?.expiration ?? "");
  if (Number.isNaN(expiresAt) || expiresAt > now.getTime()) return { action: "leave" };
  const isOver = isTerminal(backupPhases, status?.phase) || status?.phase === "Deleting";
  if (!isOver || (metadata.deletionTimestamp ?? "") !== "") return { action: "leave" };
  if (location === undefined) return { action: "keep", why: "BSLNotFound" };
  if (location.status?.phase !== "Available") return { action: "wait" };
  if (location.spec.accessMode === "ReadOnly") return { action: "keep", why: "BSLReadOnly" };
  const isPending = requests().some((request) => {
    if (request.status?.phase !== "Processed") return true;
    const askedAt = Date.parse(request.metadata.creationTimestamp ?? "");
    return now.getTime() - askedAt < retryAfterMs;
  });
  return isPending ? { action: "leave" } : { action: "ask" };
}

/**
 * Which Backups speak for a Schedule, best first: completed ones by age, else partially failed ones.
 * None of those that are about to go, by a request or because somebody has said that they may.
 */
export function goodOnesOf(
  schedule: string,
  backups: Iterable<KnownBackup>,
  requests: Iterable<DeleteBackupRequest>,
): readonly KnownBackup[] {
  const pending = [...requests].filter(({ status }) => status?.phase !== "Processed");
  const own = [...backups].filter(
    (one) =>
      one.metadata.labels?.[labels.scheduleName] === schedule &&
      (one.metadata.deletionTimestamp ?? "") === "" &&
      !mayLoseLastGood(one, undefined) &&
      !pending.some((request) => isRequestFor(one, request)),
  );
  const startedAt = ({ status }: KnownBackup): number =>
    Date.parse(status?.startTimestamp ?? "") || 0;
  const inPhase = (phase: string): readonly KnownBackup[] =>
    own.filter(({ status }) => status?.phase === phase).sort((a, b) => startedAt(b) - startedAt(a));
  return [...inPhase("Completed"), ...inPhase("PartiallyFailed")];
}

/** Its label says which Backup of that name is meant; one without it means any. */
function isRequestFor({ metadata }: KnownBackup, request: DeleteBackupRequest): boolean {
  const uid = request.metadata.labels?.[labels.backupUid];
  return uid === undefined ? request.spec.backupName === metadata.name : uid === metadata.uid;
}

/** Whether somebody has said that the last good one of a Schedule may expire too. */
export function mayLoseLastGood(
  backup: KnownBackup,
  schedule: { readonly metadata: KnownBackup["metadata"] } | undefined,
): boolean {
  return [backup, schedule].some(
    (one) => one?.metadata.annotations?.[annotations.expireLastGood] === "true",
  );
}

/** In a location's `config`: "true" expires backups of other clusters and of Velero there too. */
export const collectOthersKey = "ark-ts.dev/collect-other-clusters";
