import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nativeInstead } from "../../../src/backup/volumes/native-instead.ts";
import type { VolumeDecision, VolumeMethod } from "../../../src/domain/volumes/volume-decision.ts";

const decision = (name: string, method: VolumeMethod): VolumeDecision => ({
  subject: { kind: "claim", namespace: "shop", name, volume: `pv-${name}` },
  outcome: { state: "protected", method },
  reason: { by: "default", text: "as always" },
});

describe("nativeInstead()", () => {
  it("turns to natives what CSI cannot do at all, and leaves the rest as it is", () => {
    const decisions = [
      decision("classless", "csi-snapshot"),
      decision("classed", "csi-snapshot"),
      decision("classless", "data-mover"),
      decision("classless", "fs-backup"),
    ];
    const decided = {
      decisions,
      objects: { pods: [], claims: new Map(), volumes: new Map() },
      volumes: new Map(),
    };
    const beyondCsi = (key: string) => (key === "shop/classless" ? "no class" : undefined);
    const [first, ...rest] = nativeInstead(decided, { beyondCsi }).decisions;
    assert.deepEqual(first, {
      ...decision("classless", "native-snapshot"),
      reason: { by: "default", text: "no class; as always" },
    });
    assert.deepEqual(rest, decisions.slice(1));
  });
});
