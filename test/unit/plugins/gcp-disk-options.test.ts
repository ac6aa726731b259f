import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasVolumeSnapshotter, pluginNames } from "../../../plugins/registry.ts";
import { diskNameOf, snapshotNameOf } from "../../../plugins/volume-snapshotter-gcp/names.ts";
import { parseGcpDiskOptions } from "../../../plugins/volume-snapshotter-gcp/options.ts";
import { placeOf, typeIn } from "../../../plugins/volume-snapshotter-gcp/place.ts";
import { descriptionOf } from "../../../plugins/volume-snapshotter-gcp/tags.ts";
import { hasCode } from "../../../src/lib/errors.ts";

describe("a volume snapshot location at Google Cloud", () => {
  it("is refused with all that is wrong with it", () => {
    const config = { projekt: "p", snapshotType: "cold" };
    assert.throws(
      () => parseGcpDiskOptions({ name: "disks", provider: "gcp", config }),
      (thrown) =>
        hasCode(thrown, "ARK_CONFIG_INVALID") &&
        /volume snapshot location "disks" .*unknown key "projekt"; snapshotType must be one of/.test(
          thrown.message,
        ),
    );
  });

  it("takes the keys that Velero's plugin has, and needs none", () => {
    const config = {
      project: "snaps",
      volumeProject: "disks",
      snapshotLocation: "eu",
      snapshotType: "Archive",
      credentialsFile: "/f",
    };
    assert.deepEqual(parseGcpDiskOptions({ name: "disks", provider: "gcp", config }), {
      location: "disks",
      ...config,
      snapshotType: "ARCHIVE",
    });
    const bare = parseGcpDiskOptions({ name: "disks", provider: "gcp", config: {} });
    assert.equal(bare.snapshotType, "STANDARD");
  });

  it("is served by what is built in under Velero's names", () => {
    for (const provider of ["gcp", "velero.io/gcp"]) assert.ok(hasVolumeSnapshotter(provider));
    assert.ok(
      pluginNames().some(
        ({ name, kind }) => name === "velero.io/gcp" && kind === "VolumeSnapshotter",
      ),
    );
  });
});

describe("tags of snapshots at Google Cloud", () => {
  const tagsIn = (text: string): unknown => (text === "" ? {} : JSON.parse(text));

  it("are those of the backup, before those in the disk's description", () => {
    const ofDisk = JSON.stringify({ team: "old", "kubernetes.io/created-for/pvc/name": "data" });
    const { description, leftOut } = descriptionOf({ team: "new", "velero.io/pv": "p" }, ofDisk);
    assert.deepEqual(tagsIn(description), {
      "kubernetes.io/created-for/pvc/name": "data",
      team: "new",
      "velero.io/pv": "p",
    });
    assert.deepEqual(leftOut, []);
  });

  it("leave out a description that people wrote", () => {
    for (const text of ["", "the shop's data", "[1]", '{"a": 1}', "null"]) {
      assert.deepEqual(tagsIn(descriptionOf({ a: "b" }, text).description), { a: "b" }, text);
      assert.equal(descriptionOf({}, text).description, "");
    }
  });

  it("leave out what has no room, never the backup and its volume", () => {
    const labels = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`a${index}`, "x".repeat(50)]),
    );
    const tags = { ...labels, "velero.io/backup": "b", "velero.io/pv": "p" };
    const { description, leftOut } = descriptionOf(tags, "");
    assert.ok(description.length <= 2_048);
    const kept = Object.keys(JSON.parse(description));
    assert.ok(kept.includes("velero.io/backup") && kept.includes("velero.io/pv"));
    assert.equal(kept.length + leftOut.length, 62);
    assert.ok(leftOut.length > 0);
  });
});

describe("names and places at Google Cloud", () => {
  it("are the same for the same key, and names that Google takes", () => {
    const names = ["", "a", "run/pv-1", "run/pv-2"].flatMap((key) => [
      snapshotNameOf(key),
      diskNameOf(key),
    ]);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z][-a-z0-9]{0,61}[a-z0-9]$/);
    assert.equal(snapshotNameOf("a"), snapshotNameOf("a"));
    assert.match(diskNameOf("a"), /^restore-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8/);
  });

  it("are zones, or regions of the first zone", () => {
    assert.deepEqual(placeOf("europe-west1-b", "x"), {
      scope: "zones",
      name: "europe-west1-b",
      zones: ["europe-west1-b"],
    });
    const zones = ["us-central1-a", "us-central1-f"];
    assert.deepEqual(placeOf(zones.join("__"), "x"), {
      scope: "regions",
      name: "us-central1",
      zones,
    });
    assert.throws(() => placeOf("", "disk d"), /no zone is known for disk d/);
    assert.throws(() => placeOf("west__east", "disk d"), /names no zones/);
  });

  it("have types of their own, whatever project and zone a backup noted", () => {
    const place = placeOf("europe-west1-b", "x");
    const there = "projects/new/zones/europe-west1-b/diskTypes/pd-ssd";
    const old = "https://www.googleapis.com/compute/v1/projects/old/zones/a-b1-c/diskTypes/pd-ssd";
    for (const type of [old, "pd-ssd", there]) assert.equal(typeIn(type, "new", place), there);
    assert.equal(typeIn("", "new", place), undefined);
  });
});
