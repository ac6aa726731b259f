import assert from "node:assert/strict";
import { it } from "node:test";
import { downloadTargets } from "../../../src/api/download-request.ts";
import { downloadKey, ownDownloadKey } from "../../../src/format/download-keys.ts";

it("downloadKey() knows the file of every target that Velero has", () => {
  const keys = downloadTargets.map((kind) => [kind, downloadKey({ kind, name: "n" }).key]);
  assert.deepEqual(Object.fromEntries(keys), {
    BackupLog: "backups/n/n-logs.gz",
    BackupContents: "backups/n/n.tar.gz",
    BackupVolumeSnapshots: "backups/n/n-volumesnapshots.json.gz",
    BackupItemOperations: "backups/n/n-itemoperations.json.gz",
    BackupResourceList: "backups/n/n-resource-list.json.gz",
    BackupResults: "backups/n/n-results.gz",
    RestoreLog: "restores/n/restore-n-logs.gz",
    RestoreResults: "restores/n/restore-n-results.gz",
    RestoreResourceList: "restores/n/restore-n-resource-list.json.gz",
    RestoreItemOperations: "restores/n/restore-n-itemoperations.json.gz",
    CSIBackupVolumeSnapshots: "backups/n/n-csi-volumesnapshots.json.gz",
    CSIBackupVolumeSnapshotContents: "backups/n/n-csi-volumesnapshotcontents.json.gz",
    BackupVolumeInfos: "backups/n/n-volumeinfo.json.gz",
    RestoreVolumeInfo: "restores/n/n-volumeinfo.json.gz",
  });
});

it("ownDownloadKey() knows files of a backup, and segments of the log of a run by its uid", () => {
  const of = (file: string, kind: (typeof downloadTargets)[number]) =>
    ownDownloadKey(file, { kind, name: "n" }, "u1");
  assert.equal(of("manifest", "BackupContents"), "backups/n/ark-manifest.json");
  assert.equal(of("log-12", "BackupLog"), "metadata/ark-ts/runs/u1/log-12.gz");
  assert.equal(of("log-1", "RestoreLog"), "metadata/ark-ts/runs/u1/log-1.gz");
  assert.equal(of("thaw-3", "BackupContents"), "metadata/ark-ts/runs/u1/thaw-3");
  assert.equal(of("index", "BackupContents"), "backups/n/ark-index.ndjson.gz");
  for (const [file, kind] of [
    ["thaw-3", "RestoreLog"],
    ["log-1", "BackupContents"],
    ["log-0", "BackupLog"],
    ["log-1/../x", "BackupLog"],
    ["manifest", "RestoreLog"],
  ] as const) {
    assert.throws(() => of(file, kind), { code: "ARK_USAGE" });
  }
});
