/** A bucket that keeps versions, without object lock: a deletion hides, and frees nothing. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { deletedText } from "../../src/cli/render/deleted-text.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { openS3 } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { createCycle } from "../support/whole-cycle.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";

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
});
