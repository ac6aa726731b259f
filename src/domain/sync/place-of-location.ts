import type { BackupStorageLocationSpec } from "../../api/backup-storage-location.ts";

/** Settings that decide which bucket a name means; of S3 and Azure, in Velero's words. */
const decisive = ["s3Url", "storageAccount"] as const;

/**
 * Which bucket and folder a location means, for people and for comparing: `aws:backups/prod` or
 * `aws:backups/prod at https://minio:9000`. It changes when the location is pointed elsewhere, and
 * holds no secret.
 */
export function placeOfLocation({
  provider,
  objectStorage,
  config = {},
}: BackupStorageLocationSpec): string {
  const { bucket, prefix = "" } = objectStorage;
  const folder = [bucket, ...prefix.split("/")].filter((part) => part !== "").join("/");
  const at = decisive.flatMap((key) => {
    const value = Object.hasOwn(config, key) ? config[key]?.trim() : undefined;
    return value === undefined || value === "" ? [] : [withoutUser(value)];
  });
  const where = at.length === 0 ? "" : ` at ${at.join(" ")}`;
  return `${provider.slice(provider.lastIndexOf("/") + 1)}:${folder}${where}`;
}

/** Who writes a password into a URL does not mean it to be read here. */
function withoutUser(value: string): string {
  return value.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1").replace(/\/+$/, "");
}
