/** Whole runs through object stores of plugins: Velero's for AWS on MinIO, and one of the SDK. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { openPluginObjectStore } from "../../src/adapters/plugin-host/object-store/open-object-store.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { createCycle } from "../support/whole-cycle.ts";
import { ensureBinary } from "../testbed/binaries.ts";

const skip = await whyNoTestbed();
const never = new AbortController().signal;
const root = mkdtempSync(join(tmpdir(), "ark-plugin-store-"));
after(() => rmSync(root, { recursive: true, force: true }));

async function cycleOver(store: ObjectStore): Promise<void> {
  // More than the 4 MiB that a message of gRPC may have.
  const cycle = createCycle({ objects: 300, objectBytes: 30_000, clock: createSystemClock() });
  try {
    const { backup } = await cycle.backUp(store);
    assert.equal(backup.status.phase, "Completed");
    await cycle.verify(store);
    await cycle.restore(store);
    const { removedKeys } = await deleteBackup(store, "b1", { signal: never });
    assert.ok(removedKeys.some((key) => key.endsWith("velero-backup.json")));
    for await (const { key } of store.list("backups/", { signal: never })) assert.fail(key);
  } finally {
    await store.close();
  }
}

describe("a backup and its restore through the object store of a plugin", () => {
  it("work with Velero's plugin for AWS as it is, on MinIO", {
    skip,
  }, async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("plugin-store");
    await minio.createBucket(bucket);
    const env = {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    };
    const config = { s3Url: minio.endpoint, region: minio.region, s3ForcePathStyle: "true" };
    const command = { path: await ensureBinary("velero-plugin-for-aws"), args: [] };
    const location = { provider: "velero.io/aws", bucket, prefix: "deep/er", config };
    const place = { command, plugin: "velero.io/aws", location };
    await cycleOver(openPluginObjectStore(place, hostOptions(env)));
  });

  it("work with one that is written with the SDK", async () => {
    mkdirSync(join(root, "stored/b"), { recursive: true });
    const command = { path: await buildPlugin("folder-store", root), args: [] };
    const config = { root: join(root, "stored") };
    const location = { provider: "example.io/folder", bucket: "b", prefix: "", config };
    const place = { command, plugin: "example.io/folder", location };
    await cycleOver(openPluginObjectStore(place, hostOptions()));
  });
});
