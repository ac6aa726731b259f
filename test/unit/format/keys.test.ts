import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  backupKeys,
  isResourceName,
  nameInKey,
  nameRecordKey,
  restoreKeys,
  runFolder,
} from "../../../src/format/keys.ts";
import { hasCode } from "../../../src/lib/errors.ts";

describe("keys", () => {
  it("are those that Velero's clients ask for", () => {
    assert.deepEqual(backupKeys("b"), {
      folder: "backups/b/",
      seal: "backups/b/velero-backup.json",
      archive: "backups/b/b.tar.gz",
      logs: "backups/b/b-logs.gz",
      podVolumeBackups: "backups/b/b-podvolumebackups.json.gz",
      volumeSnapshots: "backups/b/b-volumesnapshots.json.gz",
      itemOperations: "backups/b/b-itemoperations.json.gz",
      resourceList: "backups/b/b-resource-list.json.gz",
      results: "backups/b/b-results.gz",
      volumeInfo: "backups/b/b-volumeinfo.json.gz",
      csiVolumeSnapshots: "backups/b/b-csi-volumesnapshots.json.gz",
      csiVolumeSnapshotContents: "backups/b/b-csi-volumesnapshotcontents.json.gz",
      csiVolumeSnapshotClasses: "backups/b/b-csi-volumesnapshotclasses.json.gz",
      index: "backups/b/ark-index.ndjson.gz",
      versionIndex: "backups/b/ark-versions.ndjson.gz",
      manifest: "backups/b/ark-manifest.json",
      volumes: "backups/b/ark-volumes.json.gz",
    });
    assert.deepEqual(restoreKeys("r"), {
      folder: "restores/r/",
      logs: "restores/r/restore-r-logs.gz",
      results: "restores/r/restore-r-results.gz",
      resourceList: "restores/r/restore-r-resource-list.json.gz",
      itemOperations: "restores/r/restore-r-itemoperations.json.gz",
      volumeInfo: "restores/r/r-volumeinfo.json.gz",
      passive: "restores/r/ark-passive.json.gz",
      changes: "restores/r/ark-changes.ndjson.gz",
      record: "restores/r/ark-restore.json",
    });
    assert.equal(nameRecordKey("b", 3), "metadata/ark-ts/names/b/3");
    assert.equal(runFolder("7f3c-1"), "metadata/ark-ts/runs/7f3c-1/");
  });

  it("refuse names that are no DNS-1123 subdomain", () => {
    for (const name of ["a", "a.b-c.1", "9", "a".repeat(253)])
      assert.ok(isResourceName(name), name);
    const bad = [
      "",
      "A",
      "-a",
      "a-",
      "a..b",
      ".a",
      "a/b",
      "..",
      "a_b",
      "a\n",
      "ä",
      "a".repeat(254),
    ];
    for (const name of bad) {
      assert.ok(!isResourceName(name), name);
      assert.throws(
        () => backupKeys(name),
        (error) => hasCode(error, "ARK_NAME_INVALID"),
      );
      assert.throws(
        () => restoreKeys(name),
        (error) => hasCode(error, "ARK_NAME_INVALID"),
      );
    }
    for (const uid of ["", "../x", "a/b", "-"]) {
      assert.throws(
        () => runFolder(uid),
        (error) => hasCode(error, "ARK_NAME_INVALID"),
      );
    }
    for (const epoch of [0, -1, 1.5, Number.NaN]) {
      assert.throws(
        () => nameRecordKey("b", epoch),
        (error) => hasCode(error, "ARK_NAME_INVALID"),
      );
    }
  });

  it("nameInKey() finds the name, and none in what is no such key", () => {
    assert.equal(nameInKey("backups/nightly/x", "backups/"), "nightly");
    assert.equal(nameInKey("backups/nightly", "backups/"), undefined);
    assert.equal(nameInKey("backups/Not A Name/x", "backups/"), undefined);
    assert.equal(nameInKey("restores/r/x", "backups/"), undefined);
  });
});
