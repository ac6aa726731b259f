import { isOfBackup } from "../../volumes/csi/restored-snapshot.ts";
import type { LeaveOutRule } from "../rule.ts";

export const snapshotOfBackup: LeaveOutRule = {
  name: "snapshot-of-backup",
  resources: [
    "volumesnapshots.snapshot.storage.k8s.io",
    "volumesnapshotcontents.snapshot.storage.k8s.io",
  ],
  applies: (object) =>
    isOfBackup(object) ? "it is made anew with the claim whose data it holds" : undefined,
};
