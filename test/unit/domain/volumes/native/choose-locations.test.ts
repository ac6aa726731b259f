import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseLocations } from "../../../../../src/domain/volumes/native/choose-locations.ts";

const aws1 = { name: "east", provider: "aws" };
const aws2 = { name: "west", provider: "aws" };
const ceph = { name: "ceph", provider: "example.io/ceph" };
const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);

describe("which snapshot locations a backup uses", () => {
  it("takes those that it names, in its order, and the only one of each other provider", () => {
    const { locations, problems } = chooseLocations(["west"], [ceph, aws1, aws2]);
    assert.deepEqual(names(locations), ["west", "ceph"]);
    assert.deepEqual(problems, []);
    assert.deepEqual(names(chooseLocations(["ceph", "east"], [aws1, aws2, ceph]).locations), [
      "ceph",
      "east",
    ]);
  });

  it("uses none where a provider has two and none is named", () => {
    const { locations, problems } = chooseLocations([], [aws1, aws2, ceph]);
    assert.deepEqual(locations, []);
    assert.deepEqual(problems, [
      "provider aws has 2 volume snapshot locations (east, west), and the backup names none of them",
    ]);
  });

  it("uses none where two of one provider are named, or one that is not there", () => {
    assert.match(
      chooseLocations(["east", "west"], [aws1, aws2]).problems.join(),
      /both of provider/,
    );
    assert.match(chooseLocations(["north"], [aws1]).problems.join(), /no volume .* "north"/);
    assert.deepEqual(chooseLocations(["east", "east"], [aws1]).problems, []);
  });

  it("has nothing to say where there are none", () => {
    assert.deepEqual(chooseLocations([], []), { locations: [], problems: [] });
  });
});
