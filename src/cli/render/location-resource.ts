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

/** Velero's word for it; both are understood. */
export function shownProvider(provider: string): string {
  return veleroNames[provider] ?? provider;
}

const veleroNames: Readonly<Record<string, string>> = {
  s3: "aws",
  "velero.io/aws": "aws",
  gcs: "gcp",
  "velero.io/gcp": "gcp",
};
