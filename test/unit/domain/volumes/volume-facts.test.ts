import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseQuantity } from "../../../../src/api/quantity.ts";
import { policyVolumeTypes } from "../../../../src/domain/policies/volume-traits.ts";
import {
  claimFacts,
  persistentVolumeFacts,
  podFacts,
} from "../../../../src/domain/volumes/volume-facts.ts";

describe("persistentVolumeFacts()", () => {
  for (const type of policyVolumeTypes) {
    it(`tells a volume of type ${type}`, () => {
      const key = type === "storageOS" ? "storageos" : type;
      assert.equal(persistentVolumeFacts({ spec: { [key]: {} } }).source.type, type);
    });
  }

  it("reads what policies look at", () => {
    const volume = {
      metadata: { name: "pv-1" },
      spec: {
        capacity: { storage: "5Gi" },
        storageClassName: "gp3",
        claimRef: { namespace: "shop", name: "data" },
        csi: { driver: "ebs", volumeAttributes: { a: "b" }, fsType: "ext4" },
      },
    };
    assert.deepEqual(persistentVolumeFacts(volume), {
      namespace: "",
      name: "pv-1",
      labels: {},
      capacity: parseQuantity("5Gi"),
      storageClass: "gp3",
      reclaimPolicy: "",
      claim: { namespace: "shop", name: "data" },
      source: { type: "csi", csi: { driver: "ebs", volumeAttributes: { a: "b" } } },
    });
  });
});

describe("facts of objects that are not as they should be", () => {
  for (const odd of [undefined, null, 1, "x", [], { metadata: 1, spec: [], status: "x" }]) {
    it(`are empty: ${JSON.stringify(odd)}`, () => {
      assert.equal(podFacts(odd).volumes.length, 0);
      assert.equal(claimFacts(odd).phase, "");
      assert.equal(persistentVolumeFacts(odd).capacity, 0n);
    });
  }

  it("are empty where the types are wrong", () => {
    const pod = podFacts({
      spec: { volumes: [1, { name: 2, nfs: 3 }], containers: [{ volumeMounts: {} }] },
    });
    assert.deepEqual(
      pod.volumes.map(({ source }) => source.type),
      ["", ""],
    );
    assert.equal(persistentVolumeFacts({ spec: { capacity: { storage: 5 } } }).capacity, 0n);
  });
});
