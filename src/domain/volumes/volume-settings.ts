import type { BackupSpec } from "../../api/backup.ts";
import { createVolumeMatcher } from "../policies/match-volume.ts";
import type { ResourcePolicies } from "../policies/resource-policies.ts";
import type { VolumeSettings } from "./volume-input.ts";

/** What a spec and its policies say about volumes. What the cluster can do is not known here. */
export function volumeSettings(
  spec: BackupSpec,
  policies: ResourcePolicies | undefined,
): VolumeSettings {
  const { defaultVolumesToFsBackup, defaultVolumesToRestic, snapshotVolumes } = spec;
  return {
    ...(policies === undefined || policies.volumePolicies.length === 0
      ? {}
      : { match: createVolumeMatcher(policies.volumePolicies) }),
    defaultVolumesToFsBackup: defaultVolumesToFsBackup === true || defaultVolumesToRestic === true,
    ...(snapshotVolumes === undefined ? {} : { snapshotVolumes }),
    snapshotMoveData: spec.snapshotMoveData === true,
  };
}
