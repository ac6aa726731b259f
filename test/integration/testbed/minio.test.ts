import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import {
  GetObjectLockConfigurationCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { sharedMinio, uniqueBucket } from "../../support/shared-testbed.ts";
import { startMinio } from "../../testbed/minio.ts";

describe("minio", () => {
  it("sharedMinio() makes buckets, with object lock if asked", async () => {
    const minio = await sharedMinio();
    const client = minio.createClient();
    const [plain, locked] = [uniqueBucket("plain"), uniqueBucket("locked")];
    await minio.createBucket(plain);
    await minio.createBucket(locked, { objectLock: true });
    const { Buckets = [] } = await client.send(new ListBucketsCommand());
    const names = Buckets.map((bucket) => bucket.Name);
    assert.ok(names.includes(plain) && names.includes(locked));
    const readLock = (Bucket: string) =>
      client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    const lock = await readLock(locked);
    assert.equal(lock.ObjectLockConfiguration?.ObjectLockEnabled, "Enabled");
    await assert.rejects(readLock(plain), { name: "ObjectLockConfigurationNotFoundError" });
    client.destroy();
  });

  it("startMinio() serves TLS that only its CA vouches for, and stop() leaves nothing", async () => {
    const minio = await startMinio({ tls: true });
    try {
      assert.match(minio.endpoint, /^https:\/\/127\.0\.0\.1:/);
      const bucket = uniqueBucket();
      await minio.createBucket(bucket);
      const client = minio.createClient();
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: "a", Body: "b" }));
      client.destroy();
      await assert.rejects(fetch(`${minio.endpoint}/minio/health/ready`), /fetch failed/);
      process.kill(minio.pid(), "SIGKILL");
      await minio.restart();
      const again = minio.createClient();
      const { Buckets = [] } = await again.send(new ListBucketsCommand());
      assert.deepEqual(
        Buckets.map((found) => found.Name),
        [bucket],
      );
      again.destroy();
    } finally {
      await minio.stop();
    }
    assert.equal(existsSync(minio.folder), false);
  });
});
