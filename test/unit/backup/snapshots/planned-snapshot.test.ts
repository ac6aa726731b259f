import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  planSnapshots,
  type SnapshotPlanInput,
  wantsSnapshots,
} from "../../../../src/backup/snapshots/planned-snapshot.ts";
import type { VolumeOutcome } from "../../../../src/domain/volumes/volume-decision.ts";
import { aClaim, aVolume } from "../../domain/volumes/volume-objects.ts";

const snapshot: VolumeOutcome = { state: "protected", method: "csi-snapshot" };
const ebs = {
  name: "fast",
  driver: "ebs.csi.aws.com",
  deletionPolicy: "Delete",
  isLabelled: false,
  isDefault: false,
};

/** A claim `data` whose outcome is given. */
function inputOf(outcome: VolumeOutcome, classes: SnapshotPlanInput["classes"]): SnapshotPlanInput {
  const { facts: claim } = aClaim("data");
  const { facts: volume } = aVolume("data");
  const key = `${claim.namespace}/${claim.name}`;
  const subject = { kind: "claim" as const, ...claim, volume: volume.name };
  return {
    decisions: [{ subject, outcome, reason: { by: "default", text: "" } }],
    claims: new Map([[key, claim]]),
    volumes: new Map([[volume.name, volume]]),
    classes,
    backupAnnotations: {},
  };
}

describe("the plan of snapshots", () => {
  it("gives a claim that is to have one the class of its driver", () => {
    const { planned, refused } = planSnapshots(inputOf(snapshot, [ebs]));
    assert.deepEqual(
      planned.map(({ className }) => className),
      ["fast"],
    );
    assert.equal(refused.size, 0);
  });

  it("says of each claim why it gets none where the classes are not known", () => {
    const { planned, refused } = planSnapshots(inputOf(snapshot, "they may not be listed"));
    assert.deepEqual(planned, []);
    assert.deepEqual([...refused.values()], ["they may not be listed"]);
  });

  it("tells a driver without a class from one whose class has to be chosen", () => {
    const other = { ...ebs, driver: "nfs.csi.k8s.io" };
    assert.equal(planSnapshots(inputOf(snapshot, [other])).classless.size, 1);
    const two = [
      { ...ebs, isDefault: false, isLabelled: false },
      { ...ebs, name: "slow", isDefault: false, isLabelled: false },
    ];
    const { refused, classless } = planSnapshots(inputOf(snapshot, two));
    assert.deepEqual([refused.size, classless.size], [1, 0]);
    assert.equal(planSnapshots(inputOf(snapshot, "not known")).classless.size, 0);
  });

  it("needs no classes where no claim is to have one", () => {
    assert.equal(wantsSnapshots(inputOf(snapshot, [])), true);
    const without = inputOf({ state: "unprotected" }, "they may not be listed");
    assert.equal(wantsSnapshots(without), false);
    assert.equal(planSnapshots(without).refused.size, 0);
  });
});
