import type { NamedLocation } from "../locations.ts";

/** A location in the shape of Velero's BackupStorageLocation. */
export function locationResource(location: NamedLocation, isDefault: boolean): unknown {
  const { provider, bucket, prefix, config } = location.spec;
  return {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name: location.name },
    spec: {
      provider: shownProvider(provider),
      objectStorage: prefix === "" ? { bucket } : { bucket, prefix },
      config,
      default: isDefault,
    },
  };
}

/** Velero's word for S3 and what speaks it; both are understood. */
export function shownProvider(provider: string): string {
  return provider === "s3" || provider === "velero.io/aws" ? "aws" : provider;
}
