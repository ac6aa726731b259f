import type { BackupListing } from "../catalog/list-backups.ts";

/** Why a backup stays. */
export type KeptReason =
  | "not-expired"
  | "no-expiration"
  | "unreadable-expiration"
  | "not-sealed"
  | "unreadable"
  | "other-cluster"
  | "unknown-cluster";

export interface PrunePlan {
  readonly expired: readonly { readonly name: string; readonly expiredAt: string }[];
  readonly kept: readonly { readonly name: string; readonly reason: KeptReason }[];
}

export interface PruneScope {
  readonly now: Date;
  /** Takes only backups whose manifest names this cluster; absent: of all clusters. */
  readonly clusterId?: string;
}

/** Which backups have outlived their `status.expiration` (Velero: start plus TTL). */
export function planPrune(listings: readonly BackupListing[], scope: PruneScope): PrunePlan {
  const expired: { readonly name: string; readonly expiredAt: string }[] = [];
  const kept: { readonly name: string; readonly reason: KeptReason }[] = [];
  for (const listing of listings) {
    const verdict = judge(listing, scope);
    if ("reason" in verdict) kept.push({ name: listing.name, reason: verdict.reason });
    else expired.push({ name: listing.name, expiredAt: verdict.expiredAt });
  }
  return { expired, kept };
}

function judge(
  listing: BackupListing,
  { now, clusterId }: PruneScope,
): { readonly reason: KeptReason } | { readonly expiredAt: string } {
  if (listing.state === "interrupted") return { reason: "not-sealed" };
  if (listing.state === "unreadable") return { reason: "unreadable" };
  const { expiration } = listing.backup.status;
  if (expiration === undefined || expiration === "") return { reason: "no-expiration" };
  const expiresAt = Date.parse(expiration);
  if (Number.isNaN(expiresAt)) return { reason: "unreadable-expiration" };
  if (expiresAt >= now.getTime()) return { reason: "not-expired" };
  if (clusterId !== undefined && listing.manifest?.cluster.id !== clusterId) {
    return { reason: listing.manifest === undefined ? "unknown-cluster" : "other-cluster" };
  }
  return { expiredAt: expiration };
}
