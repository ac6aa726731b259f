import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseQuantity } from "../../../../src/api/quantity.ts";
import { createVolumeMatcher } from "../../../../src/domain/policies/match-volume.ts";
import { parseResourcePolicies } from "../../../../src/domain/policies/parse-policies.ts";
import type { VolumeConditions } from "../../../../src/domain/policies/resource-policies.ts";
import type { ClaimTraits, VolumeTraits } from "../../../../src/domain/policies/volume-traits.ts";

const traits = (
  some: Partial<Omit<VolumeTraits, "capacity">> & { readonly capacity?: string },
): VolumeTraits => ({
  storageClass: "",
  type: "",
  ...some,
  capacity: parseQuantity(some.capacity ?? "0")!,
});
const claim = (some: Partial<ClaimTraits>): VolumeTraits =>
  traits({ claim: { labels: {}, phase: "Bound", accessModes: [], ...some } });
const ebs = { driver: "ebs", volumeAttributes: { type: "gp3", iops: "3000" } };
const nfs = { server: "10.0.0.1", path: "/data" };

/** velero-features 3.7, "Conditions": what holds and what does not. */
const rows: readonly {
  readonly conditions: VolumeConditions;
  readonly holds?: readonly VolumeTraits[];
  readonly fails?: readonly VolumeTraits[];
}[] = [
  { conditions: {}, holds: [traits({}), claim({ phase: "Lost" })] },
  {
    conditions: { capacity: "1Gi,2Gi" },
    holds: [
      traits({ capacity: "1Gi" }),
      traits({ capacity: "2048Mi" }),
      traits({ capacity: "1.5Gi" }),
    ],
    fails: [traits({ capacity: "1023Mi" }), traits({ capacity: "2049Mi" }), traits({})],
  },
  {
    conditions: { capacity: "5Gi," },
    holds: [traits({ capacity: "5Gi" }), traits({ capacity: "50Ti" })],
    fails: [traits({ capacity: "4Gi" }), traits({})],
  },
  {
    conditions: { capacity: ",5Gi" },
    holds: [traits({ capacity: "5Gi" }), traits({})],
    fails: [traits({ capacity: "6Gi" })],
  },
  { conditions: { capacity: "0,5Gi" }, holds: [traits({})], fails: [traits({ capacity: "6Gi" })] },
  { conditions: { capacity: "5Gi,0" }, holds: [traits({ capacity: "6Gi" })], fails: [traits({})] },
  { conditions: { capacity: " 1Gi , 2Gi " }, holds: [traits({ capacity: "1Gi" })] },
  { conditions: { capacity: "," }, holds: [traits({}), traits({ capacity: "9Ti" })] },
  {
    conditions: { storageClass: ["gp2", "gp3"] },
    holds: [traits({ storageClass: "gp3" })],
    fails: [traits({}), traits({ storageClass: "gp" })],
  },
  { conditions: { storageClass: [""] }, fails: [traits({})] },
  { conditions: { nfs: {} }, holds: [traits({ nfs })], fails: [traits({}), traits({ csi: ebs })] },
  {
    conditions: { nfs: { server: "10.0.0.1" } },
    holds: [traits({ nfs })],
    fails: [traits({ nfs: { ...nfs, server: "10.0.0.2" } })],
  },
  {
    conditions: { nfs: { path: "/data" } },
    holds: [traits({ nfs })],
    fails: [traits({ nfs: { ...nfs, path: "/data/x" } })],
  },
  {
    conditions: { nfs },
    holds: [traits({ nfs })],
    fails: [traits({ nfs: { ...nfs, path: "/" } }), traits({ nfs: { ...nfs, server: "x" } })],
  },
  { conditions: { csi: {} }, holds: [traits({ csi: ebs })], fails: [traits({ nfs })] },
  {
    conditions: { csi: { driver: "ebs" } },
    holds: [traits({ csi: ebs })],
    fails: [traits({ csi: { ...ebs, driver: "efs" } }), traits({})],
  },
  {
    conditions: { csi: { driver: "ebs", volumeAttributes: { type: "gp3" } } },
    holds: [traits({ csi: ebs })],
    fails: [
      traits({ csi: { ...ebs, volumeAttributes: { type: "gp2" } } }),
      traits({ csi: { ...ebs, volumeAttributes: {} } }),
    ],
  },
  {
    conditions: { csi: { driver: "ebs", volumeAttributes: { type: "gp3", other: "" } } },
    holds: [traits({ csi: ebs })],
  },
  {
    conditions: { volumeTypes: ["emptyDir", "csi"] },
    holds: [traits({ type: "emptyDir" }), traits({ type: "csi" })],
    fails: [traits({ type: "nfs" }), traits({})],
  },
  { conditions: { volumeTypes: ["configmap"] }, fails: [traits({ type: "configMap" })] },
  {
    conditions: { pvcLabels: { tier: "db" } },
    holds: [claim({ labels: { tier: "db", other: "x" } })],
    fails: [claim({ labels: { tier: "web" } }), claim({}), traits({})],
  },
  {
    conditions: { pvcLabels: { tier: "" } },
    holds: [claim({ labels: { tier: "" } })],
    fails: [claim({})],
  },
  {
    conditions: { pvcPhase: ["Pending", "Lost"] },
    holds: [claim({ phase: "Pending" }), claim({ phase: "Lost" })],
    fails: [claim({}), claim({ phase: "" }), traits({})],
  },
  {
    conditions: { pvcVolumeMode: "Block" },
    holds: [claim({ volumeMode: "Block" })],
    fails: [claim({ volumeMode: "Filesystem" }), claim({}), traits({})],
  },
  {
    conditions: { pvcAccessModes: ["ReadWriteOnce", "ReadOnlyMany"] },
    holds: [claim({ accessModes: ["ReadOnlyMany", "ReadWriteOnce"] })],
    fails: [
      claim({ accessModes: ["ReadWriteOnce"] }),
      claim({ accessModes: ["ReadWriteOnce", "ReadWriteOnce"] }),
      claim({ accessModes: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"] }),
      traits({}),
    ],
  },
  {
    conditions: { storageClass: ["gp3"], pvcPhase: ["Bound"] },
    holds: [{ ...claim({}), storageClass: "gp3" }],
    fails: [claim({}), traits({ storageClass: "gp3" })],
  },
];

const shown = (volume: VolumeTraits): string =>
  JSON.stringify(volume, (_, value) => (typeof value === "bigint" ? String(value) : value));

describe("createVolumeMatcher()", () => {
  for (const { conditions, holds = [], fails = [] } of rows) {
    const matches = createVolumeMatcher([{ conditions, action: { type: "skip" } }]);
    for (const volume of holds) {
      it(`${JSON.stringify(conditions)} holds for ${shown(volume)}`, () =>
        assert.equal(matches(volume)?.action, "skip"));
    }
    for (const volume of fails) {
      it(`${JSON.stringify(conditions)} does not hold for ${shown(volume)}`, () =>
        assert.equal(matches(volume), undefined));
    }
  }

  it("lets the first rule decide whose conditions all hold, and names it", () => {
    const matches = createVolumeMatcher([
      { conditions: { storageClass: ["gp2"] }, action: { type: "skip" } },
      { conditions: { storageClass: ["gp3"], capacity: "1Gi," }, action: { type: "snapshot" } },
      { conditions: {}, action: { type: "fs-backup" } },
    ]);
    assert.deepEqual(matches(traits({ storageClass: "gp3", capacity: "1Gi" })), {
      index: 1,
      action: "snapshot",
      text: "volumePolicies[1] (storageClass gp3, capacity 1Gi,: snapshot)",
    });
    assert.deepEqual(matches(traits({ storageClass: "gp3" })), {
      index: 2,
      action: "fs-backup",
      text: "volumePolicies[2] (every volume: fs-backup)",
    });
  });

  it("takes what was parsed", () => {
    const { volumePolicies } = parseResourcePolicies(
      "version: v1\nvolumePolicies: [{conditions: {csi: {}}, action: {type: custom}}]",
      "it",
    );
    assert.equal(createVolumeMatcher(volumePolicies)(traits({ csi: ebs }))?.action, "custom");
  });
});
