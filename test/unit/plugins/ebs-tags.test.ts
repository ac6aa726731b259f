import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasVolumeSnapshotter, pluginNames } from "../../../plugins/registry.ts";
import { parseEbsOptions } from "../../../plugins/volume-snapshotter-aws/options.ts";
import { tagsOfSnapshot, tagsOfVolume } from "../../../plugins/volume-snapshotter-aws/tags.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: "v" }));

describe("tags of snapshots and volumes at AWS", () => {
  it("are at most fifty, what a snapshot is found by first, and the rest is named", () => {
    const labels = Object.fromEntries(many(60).map(({ key, value }) => [key, value]));
    const backup = { ...labels, "velero.io/backup": "b", "velero.io/pv": "p" };
    const { tags, leftOut } = tagsOfSnapshot(backup, [{ key: "old", value: "x" }], "digest");
    assert.equal(tags.length, 50);
    const first = ["ark-ts.dev/idempotency-key", "velero.io/backup", "velero.io/pv", "k0"];
    assert.deepEqual(
      tags.slice(0, 4).map(({ key }) => key),
      first,
    );
    assert.deepEqual(leftOut, [
      ...many(60)
        .slice(47)
        .map(({ key }) => key),
      "old",
    ]);
  });

  it("are not longer than EC2 takes", () => {
    const long = { key: "k".repeat(129), value: "v" };
    const wide = { key: "wide", value: "v".repeat(257) };
    const { tags, leftOut } = tagsOfSnapshot({}, [long, wide], "digest");
    assert.equal(tags.length, 1);
    assert.deepEqual(leftOut, [long.key, "wide"]);
  });

  it("carry the key of their own making, not that of the snapshot", () => {
    const snapshot = [{ key: "ark-ts.dev/idempotency-key", value: "of the snapshot" }];
    assert.deepEqual(tagsOfVolume(snapshot, undefined, "of the volume").tags, [
      { key: "ark-ts.dev/idempotency-key", value: "of the volume" },
    ]);
  });
});

describe("a volume snapshot location at AWS", () => {
  it("is refused with all that is wrong with it", () => {
    const config = { regoin: "us-east-1", enableSharedConfig: "perhaps" };
    assert.throws(
      () => parseEbsOptions({ name: "disks", provider: "aws", config }),
      (thrown) =>
        hasCode(thrown, "ARK_CONFIG_INVALID") &&
        /volume snapshot location "disks" .*unknown key "regoin"; enableSharedConfig .*; region is missing/.test(
          thrown.message,
        ),
    );
  });

  it("takes the keys that Velero's plugin has", () => {
    const config = {
      region: "us-east-1",
      profile: "p",
      credentialsFile: "/f",
      enableSharedConfig: "true",
      ebsKmsKeyId: "k",
    };
    assert.deepEqual(parseEbsOptions({ name: "disks", provider: "aws", config }), {
      location: "disks",
      region: "us-east-1",
      profile: "p",
      credentialsFile: "/f",
      kmsKeyId: "k",
    });
  });

  it("is served by what is built in under Velero's names", () => {
    for (const provider of ["aws", "velero.io/aws"]) assert.ok(hasVolumeSnapshotter(provider));
    assert.ok(!hasVolumeSnapshotter("example.io/disks"));
    assert.ok(
      pluginNames().some(
        ({ name, kind }) => name === "velero.io/aws" && kind === "VolumeSnapshotter",
      ),
    );
  });
});
