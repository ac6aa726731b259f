/** A bucket that keeps versions, without object lock: a deletion hides, and frees nothing. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { deletedText } from "../../src/cli/render/deleted-text.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { openS3 } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createCycle } from "../support/whole-cycle.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";

const dayMs = 86_400_000;
const signal = new AbortController().signal;

describe("a bucket that keeps versions", () => {
  let minio: MinioAccess;
  let client: S3Client;
  before(async () => {
    minio = await sharedMinio();
    client = minio.createClient();
  });
  after(() => client?.destroy());

  async function versioned(): Promise<{ bucket: string; store: ObjectStore }> {
    const bucket = uniqueBucket("versions");
    await minio.createBucket(bucket, { versioning: true });
    return { bucket, store: await openS3(minio, { bucket }) };
  }

  it("keeps what a deletion hides, which says so and not that bytes are freed", async () => {
    const { bucket, store } = await versioned();
    const world = createCycle({ clock: createSystemClock() });
    await world.backUp(store);
    await world.verify(store);
    await world.restore(store);
    const deleted = await deleteBackup(store, "b1", { signal });
    assert.deepEqual(deleted.hidden, { bytes: deleted.removedBytes });
    const text = deletedText(deleted);
    assert.match(text, /^backup b1 hidden: \d+ files, /);
    assert.match(text, /the bucket keeps versions: .* are not freed yet/);
    assert.doesNotMatch(text, /deleted/);
    const command = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: "backups/" });
    const { Versions = [] } = await client.send(command);
    assert.equal(
      Versions.length,
      deleted.removedKeys.filter((key) => key.startsWith("backups/")).length,
    );
    await rejectsWithCode(deleteBackup(store, "b1", { signal }), "ARK_BACKUP_NOT_FOUND");
    await world.backUp(store);
    await world.verify(store);
    await store.close();
  });

  it("says when a lifecycle rule of the bucket frees what a deletion hides", async () => {
    const { bucket, store } = await versioned();
    const rule = (ID: string, Prefix: string, NoncurrentDays: number) => ({
      ID,
      Status: "Enabled" as const,
      Filter: { Prefix },
      NoncurrentVersionExpiration: { NoncurrentDays },
    });
    const lifecycle = async () =>
      (await store.probe({ signal })).find(({ check }) => check === "lifecycle");
    assert.equal((await lifecycle())?.outcome, "no");
    const Rules = [rule("elsewhere", "photos/", 1), rule("all", "", 7)];
    const LifecycleConfiguration = { Rules };
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }),
    );
    const found = await lifecycle();
    assert.equal(found?.outcome, "yes");
    assert.equal(found?.detail, "a rule removes old versions 7 days after their deletion");
    const world = createCycle({ clock: createSystemClock() });
    await world.backUp(store);
    await store.close();
    const again = await openS3(minio, { bucket });
    const deleted = await deleteBackup(again, "b1", { signal });
    const aboutMs = deleted.hidden?.freedAbout?.getTime() ?? 0;
    assert.ok(Math.abs(aboutMs - Date.now() - 7 * dayMs) < dayMs / 24, String(aboutMs));
    assert.match(
      deletedText(deleted),
      /^backup b1 hidden until about \d{4}-.* \(the bucket's lifecycle rule\): \d+ files/,
    );
    await again.close();
  });
});
