import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gcpDiskPlugin } from "../../../plugins/volume-snapshotter-gcp/plugin.ts";
import { zoneOfVolume } from "../../../src/domain/volumes/native/zone-of-volume.ts";
import type { VolumeSnapshotter } from "../../../src/ports/volume-snapshotter.ts";
import {
  type ComputeDouble,
  project,
  startComputeDouble,
} from "../../support/compute/compute-double.ts";
import { inTreePdVolume, pdVolume } from "../../support/compute/disk-volumes.ts";
import { Refusal, rateLimit } from "../../support/compute/refusal.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const how = { signal: new AbortController().signal };
const zone = "us-central1-a";
const insertSnapshot = /^POST .*\/global\/snapshots$/;
const insertDisk = /^POST .*\/disks$/;
const remove = /^DELETE /;
const getDisk = /^GET .*\/disks\/[^/]+$/;

interface World {
  readonly compute: ComputeDouble;
  readonly snapshotter: VolumeSnapshotter;
  /** Another process: it remembers nothing. */
  another(): Promise<VolumeSnapshotter>;
  readonly slept: readonly number[];
}

/** A snapshotter before a Compute Engine that has the disk `data`, by a clock that jumps. */
async function withCompute(
  run: (world: World) => Promise<void>,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const compute = await startComputeDouble();
  const clock = createVirtualClock({ jump: true, startMs: Date.now() });
  const opened: VolumeSnapshotter[] = [];
  const another = async (): Promise<VolumeSnapshotter> => {
    const options = gcpDiskPlugin.parseOptions({ name: "disks", provider: "gcp", config });
    const { env } = compute;
    const context = { env, homeDirectory: "/none", clock, zoneOf: zoneOfVolume };
    const snapshotter = await gcpDiskPlugin.open(options, context);
    opened.push(snapshotter);
    return snapshotter;
  };
  compute.addDisk("data");
  try {
    await run({ compute, snapshotter: await another(), another, slept: clock.slept });
  } finally {
    for (const snapshotter of opened) await snapshotter.close();
    await compute.stop();
  }
}

const tags = { "velero.io/backup": "nightly", "velero.io/pv": "pv-data" };
const request = { volumeId: "data", zone, tags, idempotencyKey: "run/pv-data" };
const pdSsd = `https://www.googleapis.com/compute/v1/projects/old/zones/${zone}/diskTypes/pd-ssd`;
const next = { zone, volumeType: pdSsd, idempotencyKey: "restore/pv-data" };
const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
const quotaError = {
  code: "QUOTA_EXCEEDED",
  message: "Quota 'SNAPSHOTS' exceeded. Limit: 1000.0 globally.",
  status: 403,
};

describe("the volume snapshotter for Google Cloud", () => {
  for (const [what, fault] of [
    ["is lost, though it was made", "lost"],
    ["is lost, and nothing was made", "cut"],
    ["is that Google has failed within", new Refusal(503, "backendError", "Backend Error")],
  ] as const) {
    it(`makes one snapshot where the answer ${what}`, () =>
      withCompute(async ({ compute, snapshotter }) => {
        compute.plan(insertSnapshot, fault);
        const { snapshotId, ready } = await snapshotter.createSnapshot(request, how);
        assert.equal(ready, true);
        assert.deepEqual(
          [...compute.snapshots.values()].map(({ name }) => name),
          [snapshotId],
        );
        const asked = compute.asked.filter(({ method }) => method === "POST");
        assert.equal(asked.length, fault === "lost" ? 1 : 2);
        // What is asked for again is the same request to Google.
        assert.equal(new Set(asked.map(({ query }) => query.get("requestId"))).size, 1);
        const found = await snapshotter.findSnapshot(request.idempotencyKey, how);
        assert.equal(found?.snapshotId, snapshotId);
      }));
  }

  it("says that it does not know where no answer ever comes", () =>
    withCompute(async ({ compute, snapshotter }) => {
      compute.plan(insertSnapshot, "cut", "cut", "cut", "cut", "cut");
      const asking = snapshotter.createSnapshot(request, how);
      await rejectsWithCode(asking, "ARK_VOLUME_OUTCOME_UNKNOWN");
      assert.equal(compute.count(insertSnapshot), 4);
      assert.equal(compute.snapshots.size, 0);
    }));

  it("finds after a crash what it had made, and makes no second snapshot or disk", () =>
    withCompute(async ({ compute, snapshotter, another }) => {
      const { snapshotId } = await snapshotter.createSnapshot(request, how);
      const later = await another();
      const found = await later.findSnapshot(request.idempotencyKey, how);
      assert.deepEqual(found, { snapshotId, ready: true });
      // Who did not look makes no second one either.
      const again = await later.createSnapshot(request, how);
      assert.equal(again.snapshotId, snapshotId);
      assert.equal(compute.snapshots.size, 1);
      const disk = await later.createVolume({ ...next, snapshotId }, how);
      const last = await another();
      assert.equal(await last.findVolume(next.idempotencyKey, how), disk);
      assert.equal(await last.createVolume({ ...next, snapshotId }, how), disk);
      assert.equal(compute.disks.size, 2);
    }));

  it("makes no second disk where disks may not be listed", () =>
    withCompute(async ({ compute, snapshotter, another }) => {
      compute.missing.add("compute.disks.list");
      const { snapshotId } = await snapshotter.createSnapshot(request, how);
      const disk = await snapshotter.createVolume({ ...next, snapshotId }, how);
      const later = await another();
      assert.equal(await later.findVolume(next.idempotencyKey, how), undefined);
      assert.equal(await later.createVolume({ ...next, snapshotId }, how), disk);
      assert.equal(compute.disks.size, 2);
    }));

  it("waits until the snapshot is cut, and not until it is uploaded", () =>
    withCompute(async ({ compute, snapshotter }) => {
      const states = ["CREATING", "CREATING", "CREATING", "UPLOADING"];
      compute.scripts.push({ states });
      const { snapshotId, ready } = await snapshotter.createSnapshot(request, how);
      assert.equal(ready, false);
      const [only] = compute.snapshots.values();
      assert.equal(only?.["status"], "UPLOADING");
      assert.deepEqual(await snapshotter.snapshotStatus(snapshotId, how), { ready: false });
      const early = snapshotter.createVolume({ ...next, snapshotId }, how);
      const error = await rejectsWithCode(early, "ARK_PROVIDER_FAILED");
      assert.match(error.message, /still making it \(UPLOADING\)/);
      assert.equal(compute.count(insertDisk), 0);
    }));

  it("gives back after two minutes what is not cut even then", () =>
    withCompute(async ({ compute, snapshotter, slept }) => {
      compute.scripts.push({ states: ["CREATING"] });
      const { ready } = await snapshotter.createSnapshot(request, how);
      assert.equal(ready, false);
      assert.ok(sum(slept) >= 120_000 && sum(slept) < 130_000, String(sum(slept)));
    }));

  it("tells what an operation failed with, and leaves nothing", () =>
    withCompute(async ({ compute, snapshotter }) => {
      compute.scripts.push({ error: quotaError });
      const asking = snapshotter.createSnapshot(request, how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.answer ?? "", /403 QUOTA_EXCEEDED: Quota 'SNAPSHOTS' exceeded/);
      assert.match(error.advice ?? "", /higher quota/);
      compute.scripts.push({ states: ["CREATING", "FAILED"], error: quotaError }, {});
      const failed = snapshotter.createSnapshot({ ...request, idempotencyKey: "x" }, how);
      assert.match((await rejectsWithCode(failed, "ARK_PROVIDER_FAILED")).answer ?? "", /QUOTA/);
      assert.equal(compute.snapshots.size, 0);
    }));

  it("knows by the snapshot itself where it may not ask about operations", () =>
    withCompute(async ({ compute, snapshotter }) => {
      for (const scope of ["global", "zone"]) compute.missing.add(`compute.${scope}Operations.get`);
      const { snapshotId, ready } = await snapshotter.createSnapshot(request, how);
      assert.equal(ready, true);
      await snapshotter.createVolume({ ...next, snapshotId }, how);
      compute.scripts.push({ states: ["READY"] });
      const keeping = snapshotter.deleteSnapshot(snapshotId, how);
      const kept = await rejectsWithCode(keeping, "ARK_PROVIDER_FAILED");
      assert.match(kept.answer ?? "", /two minutes later the snapshot is READY/);
      compute.scripts.push({ states: ["DELETING"] });
      await snapshotter.deleteSnapshot(snapshotId, how);
      assert.equal(await snapshotter.snapshotStatus(snapshotId, how), undefined);
      compute.scripts.push({ states: ["CREATING", "FAILED"] });
      const failing = snapshotter.createSnapshot({ ...request, idempotencyKey: "x" }, how);
      assert.match((await rejectsWithCode(failing, "ARK_PROVIDER_FAILED")).message, /is FAILED/);
      assert.equal(compute.snapshots.size, 1);
    }));

  it("waits longer and longer where Google asks to slow down, for more than a minute", () =>
    withCompute(async ({ compute, snapshotter, slept }) => {
      compute.plan(insertSnapshot, rateLimit(), rateLimit(), new Refusal(429, "x", "Slow down"));
      await snapshotter.createSnapshot(request, how);
      assert.equal(compute.count(insertSnapshot), 4);
      assert.deepEqual(slept.slice(0, 3), [1_500, 3_000, 6_000]);
      compute.plan(insertSnapshot, ...Array.from({ length: 8 }, rateLimit));
      const asking = snapshotter.createSnapshot({ ...request, idempotencyKey: "x" }, how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.answer ?? "", /^403 rateLimitExceeded/);
      assert.match(error.advice ?? "", /fewer snapshots at once/);
      assert.ok(sum(slept) > 60_000);
      assert.equal(compute.snapshots.size, 1);
    }));

  it("waits as long as Google says, and a minute at most", () =>
    withCompute(async ({ compute, snapshotter, slept }) => {
      const told = [7, 86_400].map((seconds) => new Refusal(429, "x", "Slow down", seconds));
      compute.plan(getDisk, ...told);
      await snapshotter.describe(request, how);
      assert.deepEqual(slept, [7_000, 60_000]);
    }));

  it("leaves labels out where the right to set them is missing, and no other right", () =>
    withCompute(async ({ compute, snapshotter }) => {
      const labels = { team: "shop" };
      compute.addDisk("labelled", `zones/${zone}`, { labels });
      const labelled = { ...request, volumeId: "labelled" };
      const whole = await snapshotter.createSnapshot(labelled, how);
      const path = `projects/${project}/global/snapshots/${whole.snapshotId}`;
      assert.deepEqual(compute.snapshots.get(path)?.["labels"], labels);
      for (const kind of ["disks", "snapshots"]) compute.missing.add(`compute.${kind}.setLabels`);
      const bare = { ...labelled, idempotencyKey: "bare" };
      const { snapshotId } = await snapshotter.createSnapshot(bare, how);
      assert.equal(
        compute.snapshots.get(path.replace(whole.snapshotId, snapshotId))?.["labels"],
        undefined,
      );
      const name = await snapshotter.createVolume({ ...next, snapshotId: whole.snapshotId }, how);
      const made = compute.disks.get(`projects/${project}/zones/${zone}/disks/${name}`);
      assert.equal(made?.["labels"], undefined);
      compute.missing.add("compute.snapshots.create");
      const denied = snapshotter.createSnapshot({ ...request, idempotencyKey: "denied" }, how);
      const error = await rejectsWithCode(denied, "ARK_PROVIDER_DENIED");
      assert.match(error.advice ?? "", /the right compute\.snapshots\.create$/);
    }));

  it("asks for no snapshot where the project may have no more", () =>
    withCompute(async ({ compute, snapshotter }) => {
      compute.quota.usage = 1_000;
      const asking = snapshotter.createSnapshot(request, how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.message, /"shop-prod" has 1000 of 1000 snapshots/);
      assert.equal(compute.count(insertSnapshot), 0);
      compute.missing.add("compute.projects.get");
      await snapshotter.createSnapshot(request, how);
    }));

  it("says that a disk is gone, and that a snapshot is", () =>
    withCompute(async ({ snapshotter }) => {
      const gone = { ...request, volumeId: "gone" };
      for (const asking of [
        snapshotter.describe(gone, how),
        snapshotter.createSnapshot(gone, how),
      ]) {
        const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
        assert.match(error.message, /disk "gone"/);
        assert.match(error.answer ?? "", /^404 notFound/);
      }
      const early = snapshotter.createVolume({ ...next, snapshotId: "gone" }, how);
      assert.match((await rejectsWithCode(early, "ARK_PROVIDER_FAILED")).message, /"gone"/);
      assert.equal(await snapshotter.snapshotStatus("gone", how), undefined);
      await snapshotter.deleteSnapshot("gone", how);
    }));

  it("deletes what is being made when it is made, and tells where a deletion fails", () =>
    withCompute(async ({ compute, snapshotter }) => {
      const { snapshotId } = await snapshotter.createSnapshot(request, how);
      const busy = new Refusal(400, "resourceNotReady", "It is not ready");
      compute.plan(remove, busy, new Refusal(500, "backendError", "Backend Error"));
      const inUse = {
        code: "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
        message: "used by x",
        status: 400,
      };
      compute.scripts.push({ states: ["READY"], error: inUse });
      const failing = snapshotter.deleteSnapshot(snapshotId, how);
      const error = await rejectsWithCode(failing, "ARK_PROVIDER_FAILED");
      assert.match(error.message, /cannot delete snapshot/);
      assert.match(error.answer ?? "", /used by x/);
      assert.equal(compute.count(remove), 3);
      await snapshotter.deleteSnapshot(snapshotId, how);
      assert.equal(compute.snapshots.size, 0);
    }));

  it("makes a disk of the type in the zone that it is made in, with the key of the snapshot", () =>
    withCompute(async ({ compute, snapshotter }) => {
      const key = "projects/k/locations/us/keyRings/r/cryptoKeys/c";
      const kmsKeyName = `${key}/cryptoKeyVersions/3`;
      compute.addDisk("secret", `zones/${zone}`, { diskEncryptionKey: { kmsKeyName } });
      const { snapshotId } = await snapshotter.createSnapshot(
        { ...request, volumeId: "secret" },
        how,
      );
      const elsewhere = { ...next, snapshotId, zone: "europe-west1-b" };
      const name = await snapshotter.createVolume(elsewhere, how);
      const made = compute.disks.get(`projects/${project}/zones/europe-west1-b/disks/${name}`);
      const types = `projects/${project}/zones/europe-west1-b/diskTypes`;
      assert.equal(made?.["type"], compute.link(`${types}/pd-ssd`));
      assert.deepEqual(made?.["diskEncryptionKey"], { kmsKeyName: key });
      assert.match(String(made?.["description"]), /"velero.io\/pv":"pv-data"/);
      const placeless = snapshotter.createVolume({ ...next, snapshotId, zone: "" }, how);
      assert.match((await rejectsWithCode(placeless, "ARK_PROVIDER_FAILED")).message, /no zone/);
    }));

  it("tells what Google refuses a disk with, once its operation has failed", () =>
    withCompute(async ({ compute, snapshotter }) => {
      const { snapshotId } = await snapshotter.createSnapshot(request, how);
      const full = { code: "ZONE_RESOURCE_POOL_EXHAUSTED", message: "no room", status: 503 };
      compute.scripts.push({ error: full });
      const asking = snapshotter.createVolume({ ...next, snapshotId }, how);
      const error = await rejectsWithCode(asking, "ARK_PROVIDER_FAILED");
      assert.match(error.advice ?? "", /no room for such a disk/);
      compute.plan(insertDisk, "lost");
      await snapshotter.createVolume({ ...next, snapshotId }, how);
      assert.equal(compute.disks.size, 2);
    }));

  it("keeps snapshots and disks in the projects of the location", () =>
    withCompute(
      async ({ compute, snapshotter }) => {
        const claiming = snapshotter.claim(pdVolume("data"), how);
        const error = await rejectsWithCode(claiming, "ARK_PROVIDER_FAILED");
        assert.match(error.advice ?? "", /volumeProject=shop-prod$/);
        compute.disks.set(`projects/disks-1/zones/${zone}/disks/data`, {
          name: "data",
          sizeGb: "1",
        });
        await snapshotter.createSnapshot(request, how);
        const [path] = compute.snapshots.keys();
        assert.match(path ?? "", /^projects\/snaps-1\//);
        const [made] = compute.snapshots.values();
        assert.equal(made?.["snapshotType"], "ARCHIVE");
        assert.deepEqual(made?.["storageLocations"], ["eu"]);
        const rebound = await snapshotter.rebind(pdVolume("data"), "new", how);
        const { csi } = rebound["spec"] as { readonly csi: { readonly volumeHandle: string } };
        assert.equal(csi.volumeHandle, `projects/disks-1/zones/${zone}/disks/new`);
      },
      {
        project: "snaps-1",
        volumeProject: "disks-1",
        snapshotType: "archive",
        snapshotLocation: "eu",
      },
    ));

  it("knows its volumes by their objects, with the zone of the handle", () =>
    withCompute(async ({ snapshotter }) => {
      const { nodeAffinity: _affinity, ...spec } = pdVolume("data")["spec"] as Record<
        string,
        never
      >;
      const silent = { ...pdVolume("data"), spec };
      assert.deepEqual(await snapshotter.claim(silent, how), { volumeId: "data", zone });
      const two = "us-central1-a__us-central1-f";
      for (const volume of [pdVolume("data", two), inTreePdVolume("data", two)]) {
        assert.deepEqual(await snapshotter.claim(volume, how), { volumeId: "data", zone: two });
      }
      const csi = { driver: "x.io", volumeHandle: "data" };
      const foreign = { ...silent, spec: { csi } };
      assert.equal(await snapshotter.claim(foreign, how), undefined);
      await assert.rejects(snapshotter.rebind(foreign, "new", how), /CSI driver "x.io"/);
      for (const [driver, volumeHandle, sentence] of [
        ["pd.csi.storage.gke.io", "data", /not of the form/],
        [
          "gcp.csi.confidential.cloud",
          `projects/${project}/zones/multi-zone/disks/d`,
          /several zones/,
        ],
      ] as const) {
        const odd = { ...silent, spec: { csi: { driver, volumeHandle } } };
        await assert.rejects(snapshotter.claim(odd, how), sentence);
      }
    }));

  it("leaves nothing behind of a call that ends while its token is asked for", () =>
    withCompute(async ({ snapshotter }) => {
      const ending = new AbortController();
      const reason = new Error("enough");
      const asking = snapshotter.snapshotStatus("any", { signal: ending.signal });
      ending.abort(reason);
      await assert.rejects(asking, (thrown) => thrown === reason);
    }));

  it("asks again what changes nothing, and for no name that is none", () =>
    withCompute(async ({ compute, snapshotter }) => {
      compute.plan(getDisk, "cut", new Refusal(503, "backendError", "Backend Error"), rateLimit());
      const { volumeType } = await snapshotter.describe(request, how);
      assert.match(volumeType, /\/zones\/us-central1-a\/diskTypes\/pd-balanced$/);
      assert.equal(compute.count(getDisk), 4);
      for (const id of ["", "..", "a/b"]) {
        await rejectsWithCode(snapshotter.deleteSnapshot(id, how), "ARK_PROVIDER_FAILED");
      }
      assert.equal(compute.count(remove), 0);
    }));
});
