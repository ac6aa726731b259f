import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startHttpFront } from "../support/http-front.ts";
import { demandChecksums, describeObjectLock } from "../support/object-lock-cycle.ts";
import { openS3 } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { rejectsWithCode } from "../support/store-testing.ts";

const signal = new AbortController().signal;

describeObjectLock("a MinIO bucket with object lock", async () => ({
  ...(await sharedMinio()),
  heedsConditions: true,
}));

describe("a bucket without object lock", () => {
  it("gets no checksum where the location wants none, so that the double above can fail", async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("plain");
    await minio.createBucket(bucket);
    const front = await startHttpFront(minio.endpoint);
    demandChecksums(front);
    const config = { s3Url: front.endpoint, checksumAlgorithm: "" };
    const store = await openS3(minio, { bucket, config });
    const error = await rejectsWithCode(
      store.put("k", Buffer.from("x"), { signal }),
      "ARK_STORE_FAILED",
    );
    assert.match(error.answer ?? "", /^400 InvalidRequest/);
    await store.close();
    await front.close();
  });
});
