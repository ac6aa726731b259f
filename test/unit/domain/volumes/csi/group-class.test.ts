import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  chooseGroupClass,
  type GroupClass,
  groupClassOf,
} from "../../../../../src/domain/volumes/csi/group-class.ts";

const aClass = (name: string, traits: Partial<GroupClass> = {}): GroupClass => ({
  ...{ name, driver: "disk", isLabelled: false },
  ...traits,
});
const ask = (
  classes: readonly GroupClass[],
  how: { ofClaims?: readonly string[]; backupAnnotations?: Record<string, string> } = {},
) => chooseGroupClass(classes, { driver: "disk", ofClaims: [], backupAnnotations: {}, ...how });
const ofBackup = (name: string) => ({
  backupAnnotations: { "velero.io/csi-volumegroupsnapshot-class_disk": name },
});

describe("The class for a volume group", () => {
  it("is read with Velero's label, whose value must be true", () => {
    const read = (value: string) =>
      groupClassOf({
        metadata: { name: "g", labels: { "velero.io/csi-volumegroupsnapshot-class": value } },
        driver: "disk",
      });
    assert.deepEqual(read("true"), aClass("g", { isLabelled: true }));
    assert.deepEqual(read("yes"), aClass("g"));
  });

  it("is the one with the label of the driver, and none where there are none or two", () => {
    const labelled = aClass("a", { isLabelled: true });
    const other = aClass("c", { isLabelled: true, driver: "nfs" });
    assert.deepEqual(ask([aClass("b"), labelled, other]), { chosen: "a" });
    assert.ok("why" in ask([aClass("b"), other]));
    assert.ok("why" in ask([labelled, aClass("b", { isLabelled: true })]));
  });

  it("is what a claim names before the backup, and the backup before the label", () => {
    const classes = [aClass("a", { isLabelled: true }), aClass("b"), aClass("c")];
    assert.deepEqual(ask(classes, ofBackup("b")), { chosen: "b" });
    assert.deepEqual(ask(classes, { ofClaims: ["c", "c"], ...ofBackup("b") }), { chosen: "c" });
  });

  it("is none where names lead nowhere, to another driver, or apart", () => {
    const classes = [aClass("a", { isLabelled: true }), aClass("n", { driver: "nfs" })];
    for (const how of [ofBackup("gone"), ofBackup("n"), { ofClaims: ["a", "n"] }]) {
      assert.ok("why" in ask(classes, how), JSON.stringify(how));
    }
  });
});
