import { labels } from "../../../api/labels.ts";
import { textAt, withoutAll, withValue } from "../../../lib/json-edit.ts";
import {
  restoredSnapshotName,
  snapshotGroup,
  snapshotOfClaim,
} from "../../volumes/csi/restored-snapshot.ts";
import type { CleaningRule } from "../rule.ts";

/**
 * A claim whose data a snapshot holds gets a volume made of it. Before `claim-binding`, which takes
 * away by which this is known.
 */
export const claimSnapshot: CleaningRule = {
  name: "claim-snapshot",
  resources: ["persistentvolumeclaims"],
  clean(claim, context) {
    if (snapshotOfClaim(claim) === "") return claim;
    const unmarked = withoutAll(claim, [
      ["metadata", "labels", labels.backupName],
      ["metadata", "labels", labels.volumeSnapshotName],
    ]);
    const stored = context.volumes.get(textAt(claim, ["spec", "volumeName"]))?.snapshot;
    if (stored === undefined) return unmarked;
    const name = restoredSnapshotName(stored.handle, {
      namespace: context.mapNamespace(textAt(claim, ["metadata", "namespace"])),
      name: textAt(claim, ["metadata", "name"]),
    });
    const free = withoutAll(unmarked, [
      ["spec", "volumeName"],
      ["spec", "dataSourceRef"],
      ["spec", "selector"],
    ]);
    return withValue(free, ["spec", "dataSource"], {
      apiGroup: snapshotGroup,
      kind: "VolumeSnapshot",
      name,
    });
  },
};
