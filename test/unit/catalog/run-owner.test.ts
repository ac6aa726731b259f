import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { livenessInTerm, type OwnerTerm, type RunOwner } from "../../../src/catalog/run-owner.ts";

const mine: OwnerTerm = { clusterId: "c", namespace: "ark-ts", lease: "ark-ts", epoch: 7 };
const owner = (term?: Partial<OwnerTerm>): RunOwner => ({
  host: "pod-1",
  bootId: "boot",
  pid: 1,
  ...(term !== undefined && { term: { ...mine, ...term } }),
});

describe("livenessInTerm()", () => {
  const liveness = livenessInTerm(mine, () => "alive");

  it("counts earlier terms of the same Lease as gone, wherever they ran", () => {
    assert.equal(liveness(owner({ epoch: 6 })), "gone");
    assert.equal(liveness(owner({ epoch: 0 })), "gone");
  });

  it("counts its own term and later ones as alive", () => {
    assert.equal(liveness(owner({ epoch: 7 })), "alive");
    assert.equal(liveness(owner({ epoch: 8 })), "alive");
  });

  it("knows nothing of servers under other Leases, nor of their pids", () => {
    for (const other of [{ clusterId: "d" }, { namespace: "velero" }, { lease: "other" }]) {
      assert.equal(liveness(owner({ ...other, epoch: 1 })), "unknown", JSON.stringify(other));
    }
  });

  it("leaves owners without a term to the look at processes", () => {
    assert.equal(liveness(owner()), "alive");
  });
});
