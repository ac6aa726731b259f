/** The built-in volume snapshotter for Google Cloud and Velero's own plugin, on a double of Compute Engine. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openVolumeSnapshotter } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { openPluginVolumeSnapshotter } from "../../src/adapters/plugin-host/volume-snapshotter/open-volume-snapshotter.ts";
import { zoneOfVolume } from "../../src/domain/volumes/native/zone-of-volume.ts";
import type { PersistentVolume, VolumeSnapshotter } from "../../src/ports/volume-snapshotter.ts";
import {
  type ComputeDouble,
  project,
  startComputeDouble,
} from "../support/compute/compute-double.ts";
import { pathOf } from "../support/compute/compute-state.ts";
import { inTreePdVolume, pdVolume } from "../support/compute/disk-volumes.ts";
import { startGoogleFront } from "../support/compute/google-front.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { describeVolumeSnapshotter, type SnapshotterUnderTest } from "./volume-snapshotter.ts";

const asked = process.env["ARK_TEST_GCP_PLUGIN"] === "1";
const skip = asked
  ? await whyNoTestbed()
  : "by flag: ARK_TEST_GCP_PLUGIN=1 builds and runs Velero's plugin for GCP";
const how = { signal: new AbortController().signal };

type MakeVolume = (name: string, zone: string) => PersistentVolume;
type Open = (given?: ComputeDouble) => Promise<OnDouble>;

interface OnDouble {
  readonly compute: ComputeDouble;
  readonly snapshotter: VolumeSnapshotter;
  stop(): Promise<void>;
}

async function openOurs(given?: ComputeDouble): Promise<OnDouble> {
  const compute = given ?? (await startComputeDouble());
  // What is not there is looked for again and again, by a clock that does not wait.
  const clock = { ...createSystemClock(), sleep: async () => undefined };
  const snapshotter = await openVolumeSnapshotter(
    { name: "disks", provider: "velero.io/gcp", config: {} },
    { env: compute.env, homeDirectory: "/nonexistent", clock, zoneOf: zoneOfVolume },
  );
  const stop = async (): Promise<void> => (given === undefined ? compute.stop() : undefined);
  return { compute, snapshotter, stop };
}

/** On a double where nothing comes later: this plugin waits for nothing. */
async function openVeleros(given?: ComputeDouble): Promise<OnDouble> {
  const compute = given ?? (await startComputeDouble());
  Object.assign(compute.usual, { made: ["READY"], removed: ["GONE"] });
  const front = await startGoogleFront(compute);
  const folder = mkdtempSync(join(tmpdir(), "ark-gcp-"));
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, front.ca);
  const path = await ensureBinary("velero-plugin-for-gcp");
  const env = { ...compute.env, HTTPS_PROXY: front.proxy, SSL_CERT_FILE: ca };
  const snapshotter = openPluginVolumeSnapshotter(
    {
      command: { path, args: [] },
      plugin: "velero.io/gcp",
      location: "disks",
      config: {},
      zoneOf: zoneOfVolume,
    },
    hostOptions(env),
  );
  const stop = async (): Promise<void> => {
    await front.stop();
    if (given === undefined) await compute.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { compute, snapshotter, stop };
}

const placeOf = (zone: string): string =>
  zone.includes("__") ? "regions/us-central1" : `zones/${zone}`;

async function under(
  open: Open,
  makeVolume: MakeVolume,
  zone: string,
): Promise<SnapshotterUnderTest> {
  const { compute, snapshotter, stop } = await open();
  let count = 0;
  return {
    snapshotter,
    async makeVolume() {
      count += 1;
      const volumeId = `disk-${count}`;
      compute.addDisk(volumeId, placeOf(zone));
      return { volumeId, volume: makeVolume(volumeId, zone) };
    },
    snapshotsOf: async (id) =>
      [...compute.snapshots.values()]
        .filter(({ sourceDisk }) => String(sourceDisk).endsWith(`/disks/${id}`))
        .map(({ name, description }) => ({
          id: String(name),
          tags: JSON.parse(String(description)),
        })),
    volumesOf: async (id) =>
      [...compute.disks.values()]
        .filter(({ sourceSnapshot }) => String(sourceSnapshot).endsWith(`/snapshots/${id}`))
        .map(({ name }) => String(name)),
    async dispose() {
      await snapshotter.close();
      await stop();
    },
  };
}

const zonal = "us-central1-a";
const regional = "us-central1-a__us-central1-c";
const kinds: readonly (readonly [string, MakeVolume, string])[] = [
  ["of CSI", pdVolume, zonal],
  ["of Kubernetes itself", inTreePdVolume, zonal],
  ["in two zones", pdVolume, regional],
];
for (const [what, makeVolume, zone] of kinds) {
  const ours = () => under(openOurs, makeVolume, zone);
  const veleros = () => under(openVeleros, makeVolume, zone);
  describeVolumeSnapshotter(`the one for Google disks ${what}`, ours);
  describeVolumeSnapshotter(`Velero's own plugin for GCP, disks ${what}`, veleros, { skip });
}

describe("ark-ts and Velero's own plugin for GCP", { skip }, () => {
  const tags = { "velero.io/backup": "nightly", "velero.io/pv": "pv-data", team: "new" };
  const description = JSON.stringify({ team: "old", "kubernetes.io/created-for/pv/name": "pv" });

  /** What is asked for, less names that have chance in them and the forms of URLs. */
  const plain = (body: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const { name: _name, sourceSnapshot, sourceDisk, type, replicaZones, ...rest } = body;
    const ofDisk = sourceDisk === undefined ? {} : { sourceDisk: pathOf(sourceDisk) };
    const ofSnapshot = sourceSnapshot === undefined ? {} : { type: pathOf(type) };
    const zones = Array.isArray(replicaZones) ? { zones: replicaZones.map(pathOf) } : {};
    return { ...rest, ...ofDisk, ...ofSnapshot, ...zones };
  };

  for (const [what, makeVolume, zone] of kinds) {
    it(`ask for the same snapshot and disk of a disk ${what}`, async () => {
      const both = [];
      for (const open of [openOurs, openVeleros]) {
        const { compute, snapshotter, stop } = await open();
        try {
          const labels = { team: "shop" };
          compute.addDisk("data", placeOf(zone), { description, labels });
          const volume = makeVolume("data", zone);
          const claimed = await snapshotter.claim(volume, how);
          assert.ok(claimed !== undefined);
          const described = await snapshotter.describe(claimed, how);
          const request = { ...claimed, tags, idempotencyKey: randomUUID() };
          const { snapshotId } = await snapshotter.createSnapshot(request, how);
          const next = { ...described, zone, snapshotId, idempotencyKey: randomUUID() };
          const made = await snapshotter.createVolume(next, how);
          const rebound = await snapshotter.rebind(volume, "new", how);
          const { csi, gcePersistentDisk } = rebound["spec"] as Record<string, unknown>;
          assert.match(made, /^restore-/);
          const posts = compute.asked.filter(({ method }) => method === "POST");
          const asks = posts.map(({ path, body }) => [path, plain(body)]);
          both.push({ claimed, described, asks, csi: csi ?? null, gcePersistentDisk });
        } finally {
          await snapshotter.close();
          await stop();
        }
      }
      assert.equal(both[0]?.asks.length, 2);
      assert.equal(both[0]?.asks[0]?.[0], `projects/${project}/global/snapshots`);
      assert.deepEqual(both[0], both[1]);
    });
  }

  it("make disks of each other's snapshots, and delete them", async () => {
    const compute = await startComputeDouble();
    const pair = [await openOurs(compute), await openVeleros(compute)] as const;
    try {
      for (const [maker, taker] of [pair, pair.toReversed()]) {
        compute.addDisk("data", `zones/${zonal}`, { description, labels: { team: "shop" } });
        const claimed = { volumeId: "data", zone: zonal };
        const described = await maker!.snapshotter.describe(claimed, how);
        const request = { ...claimed, tags, idempotencyKey: randomUUID() };
        const { snapshotId } = await maker!.snapshotter.createSnapshot(request, how);
        const next = { ...described, zone: zonal, snapshotId, idempotencyKey: randomUUID() };
        const name = await taker!.snapshotter.createVolume(next, how);
        const made = compute.disks.get(`projects/${project}/zones/${zonal}/disks/${name}`);
        assert.match(String(made?.["sourceSnapshot"]), new RegExp(`/snapshots/${snapshotId}$`));
        assert.deepEqual(made?.["labels"], { team: "shop" });
        assert.equal(JSON.parse(String(made?.["description"]))["velero.io/pv"], "pv-data");
        await taker!.snapshotter.deleteSnapshot(snapshotId, how);
      }
      assert.equal(compute.snapshots.size, 0);
    } finally {
      for (const { snapshotter, stop } of pair.toReversed()) {
        await snapshotter.close();
        await stop();
      }
      await compute.stop();
    }
  });
});
