import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  chooseSnapshotClass,
  classToRestoreWith,
  snapshotClassOf,
} from "../../../../../src/domain/volumes/csi/snapshot-class.ts";

const driver = "disk.example.io";
const plain = (name: string, more: object = {}) => ({
  ...{ name, driver, deletionPolicy: "Delete", isLabelled: false, isDefault: false },
  ...more,
});
const ask = (
  classes: Parameters<typeof chooseSnapshotClass>[0],
  question: Partial<Parameters<typeof chooseSnapshotClass>[1]> = {},
) =>
  chooseSnapshotClass(classes, {
    driver,
    ofClaim: undefined,
    backupAnnotations: {},
    ...question,
  });
const ofBackup = (name: string) => ({
  backupAnnotations: { [`velero.io/csi-volumesnapshot-class_${driver}`]: name },
});

describe("chooseSnapshotClass()", () => {
  const [one, labelled, standard] = [
    plain("one"),
    plain("labelled", { isLabelled: true }),
    plain("standard", { isDefault: true }),
  ];

  it("takes the only class of the driver", () => {
    assert.equal(ask([plain("other", { driver: "else" }), one]).chosen?.name, "one");
  });
  it("prefers Velero's label to the driver's default, and that to nothing", () => {
    assert.equal(ask([one, standard, labelled]).chosen?.name, "labelled");
    assert.equal(ask([one, standard]).chosen?.name, "standard");
  });
  it("says that nothing chooses between several", () => {
    const { chosen, why } = ask([one, plain("two")]);
    assert.equal(chosen, undefined);
    assert.match(why ?? "", /has 2 snapshot classes, and none has label/);
  });
  it("says that there is none", () => {
    assert.equal(ask([]).why, `there is no snapshot class for driver ${driver}`);
  });
  it("lets the claim name one before the backup, and the backup before all else", () => {
    const classes = [one, labelled, standard];
    assert.equal(ask(classes, ofBackup("STANDARD")).chosen?.name, "standard");
    assert.equal(ask(classes, { ...ofBackup("standard"), ofClaim: "one" }).chosen?.name, "one");
  });
  it("passes over a name that leads nowhere, and says so", () => {
    const foreign = plain("foreign", { driver: "else" });
    const { chosen, notes } = ask([one, foreign], { ...ofBackup("foreign"), ofClaim: "gone" });
    assert.equal(chosen?.name, "one");
    assert.equal(notes.length, 2);
    assert.match(notes[0] ?? "", /names snapshot class "gone", which does not exist/);
    assert.match(notes[1] ?? "", /"foreign", which is for driver else/);
  });
});

describe("snapshotClassOf()", () => {
  it("reads what decides, and the Secret for listing", () => {
    const prefix = "snapshot.storage.kubernetes.io";
    const read = snapshotClassOf({
      metadata: {
        name: "fast",
        labels: { "velero.io/csi-volumesnapshot-class": "" },
        annotations: {
          [`${prefix}/is-default-class`]: "false",
          [`${prefix}/list-secret-name`]: "key",
          [`${prefix}/list-secret-namespace`]: "csi",
        },
      },
      driver,
      deletionPolicy: "Retain",
    });
    assert.deepEqual(read, {
      name: "fast",
      driver,
      deletionPolicy: "Retain",
      isLabelled: true,
      isDefault: true,
      secret: { namespace: "csi", name: "key" },
    });
  });
});

describe("classToRestoreWith()", () => {
  const classes = [
    plain("foreign", { driver: "else" }),
    plain("a-stranger"),
    plain("cut-with"),
    plain("standard", { isDefault: true }),
  ];

  it("takes the class that the snapshot was cut with, where it is of the driver", () => {
    assert.equal(classToRestoreWith({ driver, className: "cut-with" }, classes), "cut-with");
    assert.equal(classToRestoreWith({ driver, className: "foreign" }, classes), "standard");
  });
  it("takes the driver's default where that is gone, else any, else none", () => {
    assert.equal(classToRestoreWith({ driver, className: "gone" }, classes), "standard");
    assert.equal(classToRestoreWith({ driver }, classes.slice(0, 2)), "a-stranger");
    assert.equal(classToRestoreWith({ driver }, classes.slice(0, 1)), undefined);
  });
});
