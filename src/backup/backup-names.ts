import { createHash } from "node:crypto";
import type { Backup } from "../api/backup.ts";
import type { NameScope } from "../catalog/name-claim.ts";
import { readStored } from "../catalog/read-stored.ts";
import { backupKeys, nameRecordKey, nameRecordsFolder } from "../format/keys.ts";
import { decodeSeal, maxSealBytes } from "../format/seal.ts";
import type { BackupRequest } from "./backup-run.ts";

/** Names of backups; the seal is what finishes one. */
export const backupNames: NameScope<Backup> = {
  noun: "backup",
  activity: "written",
  besideSpec:
    "labels, annotations, ttl, resource policies, --require-coverage or --all-api-versions",
  takenAdvice: (name) => `choose another name, or remove it with: ark-ts backup delete ${name}`,
  folder: nameRecordsFolder,
  key: nameRecordKey,
  async findDone(name, store, signal) {
    const { seal } = backupKeys(name);
    if ((await store.head(seal, { signal })) === undefined) return undefined;
    const done = decodeSeal(await readStored(store, seal, maxSealBytes, signal), name);
    return { done, runUid: done.metadata.uid };
  },
};

/** Of what a request has beside its spec; `policies` is the digest of its resource policies. */
export function requestDigest(
  request: Pick<
    BackupRequest,
    "labels" | "annotations" | "ttlMs" | "requireCoverage" | "allApiVersions" | "resource"
  >,
  policies?: string,
): string {
  const { labels, annotations, ttlMs, requireCoverage, allApiVersions, resource } = request;
  const also = { policies, requireCoverage, allApiVersions };
  // Others write to a resource while its run goes on.
  const essence = resource === undefined ? { labels, annotations, ttlMs, ...also } : also;
  return createHash("sha256").update(JSON.stringify(essence)).digest("hex");
}
