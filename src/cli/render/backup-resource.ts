import { annotations } from "../../api/labels.ts";
import type { BackupListing } from "../../catalog/list-backups.ts";

/**
 * A sealed backup as json and yaml show it: the resource as it is stored, and what the manifest
 * adds in annotations of ours, all text: `ark-ts.dev/{location,cluster-id,objects,archive-bytes}`.
 */
export function shownBackup(
  listing: Extract<BackupListing, { readonly state: "sealed" }>,
  location: string,
): unknown {
  const { backup, manifest } = listing;
  return {
    ...backup,
    metadata: {
      ...backup.metadata,
      annotations: {
        ...backup.metadata.annotations,
        "ark-ts.dev/location": location,
        ...(manifest !== undefined && {
          "ark-ts.dev/cluster-id": manifest.cluster.id,
          "ark-ts.dev/objects": String(manifest.objects),
          [annotations.archiveBytes]: String(manifest.archiveBytes),
        }),
      },
    },
  };
}
