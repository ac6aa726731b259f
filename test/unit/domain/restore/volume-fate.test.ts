import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cloneName } from "../../../../src/domain/restore/clone-name.ts";
import { fateByNative } from "../../../../src/domain/restore/volume-fate.ts";

describe("the fate of a volume with a native snapshot", () => {
  const volume = {
    spec: {
      persistentVolumeReclaimPolicy: "Delete",
      claimRef: { namespace: "shop", name: "data" },
    },
  };
  const source = { location: "l", snapshotId: "s", volumeType: "", zone: "", iops: 0 };

  it("is to be made of it whatever its reclaim policy, and as it was where none is listed", () => {
    const fate = { fate: "restore", claim: "shop/data" };
    assert.deepEqual(fateByNative(volume, source), { ...fate, native: source });
    assert.deepEqual(fateByNative(volume, undefined), fate);
  });
});

describe("the name of a volume's copy", () => {
  const of = { claim: "copy/data", snapshotId: "snap-1", number: 1 };

  it("has Velero's form, is the same each time, and another for each claim, snapshot and copy", () => {
    const name = cloneName(of);
    assert.match(
      name,
      /^velero-clone-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(cloneName({ ...of }), name);
    const others = [{ number: 2 }, { claim: "copy/other" }, { snapshotId: "snap-2" }];
    const names = others.map((other) => cloneName({ ...of, ...other }));
    assert.equal(new Set([...names, name]).size, 4);
  });
});
