/** What other tools got wrong with stores that speak S3; numbers as in the list of regressions. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseS3Options } from "../../plugins/object-store-s3/options.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { startHttpFront } from "../support/http-front.ts";
import { openS3 } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { listKeys } from "../support/store-testing.ts";
import { createCycle } from "../support/whole-cycle.ts";
import { startMinio } from "../testbed/minio.ts";

const signal = new AbortController().signal;
const mebibyte = 1024 * 1024;

function createWorld() {
  const limits = { partBytes: 5 * mebibyte };
  return createCycle({ objects: 12, objectBytes: mebibyte, limits, clock: createSystemClock() });
}

/** Every kind of call that a backup, a verify, a restore, a delete and a test of the location make. */
async function useEverything(store: ObjectStore): Promise<void> {
  const world = createWorld();
  await world.backUp(store);
  await world.verify(store);
  await world.restore(store);
  const failed = (await store.probe({ signal })).filter(({ outcome }) => outcome === "failed");
  assert.deepEqual(failed, []);
  await deleteBackup(store, "b1", { signal });
}

describe("25: stores that are nearly S3", () => {
  it("get no trailer, no aws-chunked body and no Expect from a whole life of a backup", async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("quirk");
    await minio.createBucket(bucket);
    const front = await startHttpFront(minio.endpoint);
    const store = await openS3(minio, { bucket, config: { s3Url: front.endpoint } });
    const world = createWorld();
    await world.backUp(store);
    await world.verify(store);
    await deleteBackup(store, "b1", { signal });
    assert.ok(front.seen.some(({ url }) => url.includes("partNumber=2")));
    for (const { method, url, headers } of front.seen) {
      const where = `${method} ${url}`;
      assert.equal(headers["x-amz-trailer"], undefined, where);
      assert.equal(headers["transfer-encoding"], undefined, where);
      assert.equal(headers.expect, undefined, where);
      assert.doesNotMatch(String(headers["content-encoding"]), /aws-chunked/, where);
      assert.doesNotMatch(String(headers["x-amz-content-sha256"]), /^STREAMING/, where);
      assert.notEqual(
        method === "POST" && /[?&]delete\b/.test(url),
        true,
        `${where}: DeleteObjects`,
      );
    }
    await store.close();
    await front.close();
  });

  it("may have their bucket and prefix written with slashes at either end", async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("slash");
    await minio.createBucket(bucket);
    const slashed = await openS3(minio, { bucket: `${bucket}/`, prefix: "/velero/prod/" });
    const world = createCycle({ clock: createSystemClock() });
    await world.backUp(slashed);
    const whole = await openS3(minio, { bucket });
    const keys = await listKeys(whole, "", signal);
    assert.ok(keys.includes("velero/prod/backups/b1/velero-backup.json"));
    assert.ok(
      keys.every((key) => key.startsWith("velero/prod/backups/b1/")),
      keys.join(" "),
    );
    await slashed.close();
    await whole.close();
  });

  it("may have an ARN for a bucket", () => {
    const bucket = "arn:aws:s3:eu-central-1:123456789012:accesspoint/backups";
    const config = { region: "eu-central-1" };
    const options = parseS3Options({ provider: "aws", bucket, prefix: "prod", config });
    assert.equal(options.bucket, bucket);
    assert.equal(options.prefix, "prod/");
  });
});

describe("27: CA and proxy", () => {
  it("the proxy of the environment carries every call: the store's own name means nothing here", async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("proxy");
    await minio.createBucket(bucket);
    const front = await startHttpFront(minio.endpoint);
    const { accessKeyId, secretAccessKey } = minio;
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      HTTP_PROXY: front.endpoint,
    };
    const config = { s3Url: "http://store.invalid:9000" };
    const store = await openS3(minio, { bucket, env, config });
    await useEverything(store);
    assert.ok(front.seen.every(({ url }) => url.startsWith("http://store.invalid:9000/")));
    await store.close();
    await front.close();
  });

  it("the CA that the location names is trusted by every call", async () => {
    const minio = await startMinio({ tls: true });
    try {
      const bucket = uniqueBucket("tls");
      await minio.createBucket(bucket);
      const store = await openS3(minio, { bucket, config: { caCert: minio.caFile ?? "" } });
      await useEverything(store);
      await store.close();
    } finally {
      await minio.stop();
    }
  });
});
