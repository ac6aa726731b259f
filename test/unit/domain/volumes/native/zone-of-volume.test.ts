import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { zoneOfVolume } from "../../../../../src/domain/volumes/native/zone-of-volume.ts";

const affine = (...expressions: readonly object[]) => ({
  metadata: { name: "pv" },
  spec: {
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [...expressions] }] } },
  },
});
const inZones = (key: string, ...values: readonly string[]) => ({ key, operator: "In", values });
const zoneOf = (volume: object) => zoneOfVolume(volume as Parameters<typeof zoneOfVolume>[0]);

describe("the zone of a volume", () => {
  it("is that of its label, the present one before the former", () => {
    const labels = {
      "failure-domain.beta.kubernetes.io/zone": "old",
      "topology.kubernetes.io/zone": "new",
    };
    assert.equal(zoneOf({ metadata: { labels } }), "new");
    const { "topology.kubernetes.io/zone": _new, ...former } = labels;
    assert.equal(zoneOf({ metadata: { labels: former } }), "old");
  });

  it("is else the first of its node affinity, by the driver's key before the general one", () => {
    const general = inZones("topology.kubernetes.io/zone", "general");
    const aws = inZones("topology.ebs.csi.aws.com/zone", "east-1", "east-2");
    assert.equal(zoneOf(affine(general, aws)), "east-1");
    assert.equal(zoneOf(affine(general)), "general");
  });

  it("joins the zones of a regional disk of GKE", () => {
    assert.equal(zoneOf(affine(inZones("topology.gke.io/zone", "a", "b"))), "a__b");
  });

  it("is empty where nothing says it", () => {
    assert.equal(zoneOf({ metadata: {} }), "");
    const not = { key: "topology.kubernetes.io/zone", operator: "NotIn", values: ["x"] };
    assert.equal(zoneOf(affine(not)), "");
  });
});
