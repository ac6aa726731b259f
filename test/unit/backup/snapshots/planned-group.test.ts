import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type GroupPlanInput,
  groupsOf,
  planGroups,
} from "../../../../src/backup/snapshots/planned-group.ts";
import type { PlannedSnapshot } from "../../../../src/backup/snapshots/planned-snapshot.ts";
import { aClaim, aVolume } from "../../domain/volumes/volume-objects.ts";

function planned(name: string, group: string, driver = "disk"): PlannedSnapshot {
  const { facts } = aClaim(name);
  const claim = { ...facts, labels: { group } };
  const { facts: volume } = aVolume(name);
  return { key: `${claim.namespace}/${name}`, claim, volume, driver, className: "single" };
}
const group = { name: "g", driver: "disk", isLabelled: true };
const plan = (some: readonly PlannedSnapshot[], how: Partial<GroupPlanInput> = {}) =>
  planGroups({
    ...{ planned: some, label: "group", classes: [group], backupAnnotations: {} },
    bystanders: () => [],
    ...how,
  });

describe("The plan of volume groups", () => {
  const pair = [planned("a", "db"), planned("b", "db")];

  it("makes groups of claims with one value of the label, and none of one claim", () => {
    const some = [...pair, planned("c", "web"), planned("d", "")];
    const { groups, apart } = plan(some);
    assert.deepEqual(
      groups.map(({ value, className, claims }) => [value, className, claims.length]),
      [["db", "g", 2]],
    );
    assert.deepEqual(apart, []);
    assert.deepEqual(groupsOf(some, ""), []);
  });

  it("sets groups of several drivers apart", () => {
    const [one] = plan([planned("a", "db"), planned("b", "db", "nfs")]).apart;
    assert.match(one?.why ?? "", /several drivers: disk, nfs/);
  });

  it("sets groups apart whose selector finds what cannot be cut along", () => {
    const why = (driver: string | undefined): string =>
      plan(pair, { bystanders: () => [{ name: "x", driver }] }).apart[0]?.why ?? "";
    assert.match(why(undefined), /claim .*x has the label too, and is not bound/);
    assert.match(why("nfs"), /x has the label too, and its volume is not of driver disk/);
    assert.equal(why("disk"), "");
  });

  it("sets groups apart where no class is known", () => {
    const [one] = plan(pair, { classes: "they may not be listed" }).apart;
    assert.equal(one?.why, "they may not be listed");
    assert.equal(plan(pair, { classes: [] }).apart.length, 1);
  });
});
