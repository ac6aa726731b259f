import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { volumeSettings } from "../../../../src/domain/volumes/volume-settings.ts";

const policies = { version: "v1", volumePolicies: [], namespacedFilterPolicies: [] };

describe("volumeSettings()", () => {
  it("has Velero's defaults for an empty spec", () => {
    assert.deepEqual(volumeSettings({}, undefined), {
      defaultVolumesToFsBackup: false,
      snapshotMoveData: false,
    });
  });

  it("carries what the spec says, under the former name too", () => {
    assert.deepEqual(
      volumeSettings(
        { defaultVolumesToRestic: true, snapshotVolumes: false, snapshotMoveData: true },
        policies,
      ),
      { defaultVolumesToFsBackup: true, snapshotVolumes: false, snapshotMoveData: true },
    );
    const both = { defaultVolumesToRestic: true, defaultVolumesToFsBackup: false };
    assert.equal(volumeSettings(both, undefined).defaultVolumesToFsBackup, true);
  });

  it("has the rules of the policies", () => {
    const rule = { conditions: {}, action: { type: "skip" as const } };
    const { match } = volumeSettings({}, { ...policies, volumePolicies: [rule] });
    assert.equal(match?.({ capacity: 0n, storageClass: "", type: "nfs" })?.action, "skip");
  });
});
