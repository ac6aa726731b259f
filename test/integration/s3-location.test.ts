import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { startHttpFront } from "../support/http-front.ts";
import { openS3 } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { collect, listKeys, readText, rejectsWithCode } from "../support/store-testing.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";

const signal = new AbortController().signal;
const bucket = uniqueBucket();
const partBytes = 5 * 1024 * 1024;
let minio: MinioAccess;
let folder: string;

before(async () => {
  minio = await sharedMinio();
  await minio.createBucket(bucket);
  folder = await mkdtemp(join(tmpdir(), "ark-ts-s3-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const wrongEnv = {
  AWS_ACCESS_KEY_ID: "AKIAAMBIENTAMBIENT00",
  AWS_SECRET_ACCESS_KEY: "ambient-secret",
};

function credentialsText(profile: string, secret: string): string {
  return `[${profile}]\naws_access_key_id = ${minio.accessKeyId}\naws_secret_access_key = ${secret}\n`;
}

describe("credentials of an S3 location", () => {
  it("26: win over those of the environment", async () => {
    const file = join(folder, "own");
    await writeFile(file, credentialsText("default", minio.secretAccessKey));
    const config = { credentialsFile: file };
    const store = await openS3(minio, { bucket, env: wrongEnv, config });
    assert.equal(await store.head("missing", { signal }), undefined);
    await store.close();
  });

  it("26: come from the profile that is named, in the file that the environment names", async () => {
    const file = join(folder, "profiles");
    const text = `${credentialsText("default", "wrong-secret")}${credentialsText("ci", minio.secretAccessKey)}`;
    await writeFile(file, text);
    const env = { ...wrongEnv, AWS_SHARED_CREDENTIALS_FILE: file };
    const store = await openS3(minio, { bucket, env, config: { profile: "ci" } });
    assert.equal(await store.head("missing", { signal }), undefined);
    await store.close();
    const other = await openS3(minio, { bucket, env, config: { profile: "no-such" } });
    await rejectsWithCode(other.head("missing", { signal }), "ARK_STORE_DENIED");
    await other.close();
  });

  it("26: are read again when their file changes under a running store", async () => {
    const file = join(folder, "rotated");
    await writeFile(file, credentialsText("default", "an-outdated-secret"));
    const store = await openS3(minio, { bucket, config: { credentialsFile: file } });
    await rejectsWithCode(store.get("missing", { signal }), "ARK_STORE_DENIED");
    await writeFile(file, credentialsText("default", minio.secretAccessKey));
    await rejectsWithCode(store.get("missing", { signal }), "ARK_STORE_NOT_FOUND");
    await store.close();
  });
});

describe("requests of an S3 location", () => {
  it("carry plain checksums, and no trailer, encoding or Expect", async () => {
    const front = await startHttpFront(minio.endpoint);
    const store = await openS3(minio, {
      bucket,
      prefix: "wire",
      config: { s3Url: front.endpoint },
    });
    await store.put("x.tar.gz", Buffer.alloc(3_000_000), { signal });
    const upload = await store.startUpload("u.tar.gz", { signal, metadata: {} });
    await upload.putPart(1, Buffer.alloc(100), { signal });
    await upload.abort({ signal });
    const puts = front.seen.filter(({ method }) => method === "PUT");
    assert.equal(puts.length, 2);
    for (const { headers } of puts) {
      assert.match(headers["content-md5"] as string, /^[A-Za-z0-9+/]{22}==$/);
      for (const name of ["content-encoding", "x-amz-trailer", "expect", "transfer-encoding"]) {
        assert.equal(headers[name], undefined, name);
      }
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith("x-amz-checksum")),
        [],
      );
    }
    await store.close();
    await front.close();
  });

  it("go through the proxy of the environment, unless NO_PROXY lists the store", async () => {
    const front = await startHttpFront(minio.endpoint);
    const own = {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
      HTTP_PROXY: front.endpoint,
    };
    const place = { bucket, config: { s3Url: "http://store.invalid:9000" } };
    const store = await openS3(minio, { ...place, env: own });
    assert.equal(await store.head("missing", { signal }), undefined);
    assert.deepEqual(
      front.seen.map(({ url }) => url),
      [`http://store.invalid:9000/${bucket}/missing`],
    );
    await store.close();
    const direct = await openS3(minio, { ...place, env: { ...own, NO_PROXY: ".invalid" } });
    await rejectsWithCode(direct.head("missing", { signal }), "ARK_STORE_UNREACHABLE");
    assert.equal(front.seen.length, 1);
    await direct.close();
    await front.close();
  });

  it("read and write below the prefix, whatever slashes it has", async () => {
    const slashed = await openS3(minio, { bucket: `/${bucket}/`, prefix: "//slash/es//" });
    await slashed.put("a/b", Buffer.from("x"), { signal });
    const plain = await openS3(minio, { bucket });
    assert.deepEqual(await listKeys(plain, "slash/", signal), ["slash/es/a/b"]);
    assert.deepEqual(await listKeys(slashed, "", signal, "/"), ["a/"]);
    await slashed.close();
    await plain.close();
  });
});

describe("answers that are lost on the way to an S3 location", () => {
  it("complete() succeeds when the object was made and only the answer was lost", async () => {
    const front = await startHttpFront(minio.endpoint);
    const store = await openS3(minio, {
      bucket,
      prefix: "lost",
      config: { s3Url: front.endpoint },
    });
    const upload = await store.startUpload("k", { signal, metadata: { run: "1" } });
    const receipts = [
      await upload.putPart(1, Buffer.alloc(partBytes, "a"), { signal }),
      await upload.putPart(2, Buffer.from("end"), { signal }),
    ];
    front.spoil = ({ method, url }) =>
      method === "POST" && url.includes("uploadId=") ? "drop" : "pass";
    await upload.complete(receipts, { signal });
    const info = await store.head("k", { signal });
    assert.equal(info?.sizeBytes, partBytes + 3);
    assert.deepEqual(info.metadata, { run: "1" });
    await store.close();
    await front.close();
  });

  it("complete() fails when another object is under the key", async () => {
    const store = await openS3(minio, { bucket, prefix: "other" });
    const upload = await store.startUpload("k", { signal, metadata: {} });
    const receipt = await upload.putPart(1, Buffer.from("part"), { signal });
    await upload.abort({ signal });
    await store.put("k", Buffer.from("same"), { signal });
    await rejectsWithCode(upload.complete([receipt], { signal }), "ARK_STORE_NOT_FOUND");
    await store.close();
  });

  it("a body that ends early is an error that may be repeated, never a short object", async () => {
    const front = await startHttpFront(minio.endpoint);
    const store = await openS3(minio, { bucket, config: { s3Url: front.endpoint } });
    await store.put("cut", Buffer.alloc(100_000, "x"), { signal });
    front.spoil = ({ method }) => (method === "GET" ? "cut" : "pass");
    const read = store.get("cut", { signal }).then(collect);
    const error = await read.then(
      () => assert.fail("the short body was taken"),
      (thrown: unknown) => thrown as { code: string; disposition: string },
    );
    assert.match(error.code, /^ARK_STORE_/);
    assert.equal(error.disposition, "retry");
    await store.close();
    await front.close();
  });

  it("a call that hangs ends with the reason of its signal", async () => {
    const front = await startHttpFront(minio.endpoint);
    const store = await openS3(minio, { bucket, config: { s3Url: front.endpoint } });
    const controller = new AbortController();
    const reason = new Error("stop now");
    front.spoil = () => {
      setImmediate(() => controller.abort(reason));
      return "hang";
    };
    const head = store.head("k", { signal: controller.signal });
    await assert.rejects(head, (thrown) => thrown === reason);
    await store.close();
    await front.close();
  });
});

describe("probe() of an S3 location", () => {
  it("measures a plain bucket and leaves nothing behind", async () => {
    const plain = uniqueBucket();
    await minio.createBucket(plain);
    const store = await openS3(minio, { bucket: plain });
    const results = await store.probe({ signal });
    const outcomes = results.map(({ check, outcome }) => `${check}: ${outcome}`);
    assert.deepEqual(outcomes, [
      "reach: yes",
      "credentials: yes",
      "list: yes",
      "put: yes",
      "get: yes",
      "range read: yes",
      "conditional put: yes",
      "multipart upload: yes",
      "delete: yes",
      "signed URLs: yes",
      "private: yes",
      "checksums: yes",
      "object lock: no",
      "versioning: no",
      "clock: yes",
    ]);
    const checksums = results.find(({ check }) => check === "checksums");
    assert.equal(checksums?.detail, "MD5, CRC32, CRC32C, SHA1, SHA256; a wrong MD5 is refused");
    assert.ok(!JSON.stringify(results).includes(minio.secretAccessKey));
    assert.deepEqual(await listKeys(store, "", signal), []);
    await store.close();
  });

  it("signs URLs for the place that clients reach the store at", async () => {
    const front = await startHttpFront(minio.endpoint);
    const store = await openS3(minio, { bucket, config: { publicUrl: front.endpoint } });
    const results = await store.probe({ signal });
    assert.equal(results.find(({ check }) => check === "signed URLs")?.outcome, "yes");
    assert.deepEqual(
      front.seen.map(({ method, url, headers }) => [
        method,
        url.includes("X-Amz-Signature="),
        headers.authorization,
      ]),
      [
        ["GET", true, undefined],
        ["GET", false, undefined],
      ],
    );
    await store.close();
    await front.close();
  });

  it("fails for a bucket that anybody can read", async () => {
    const open = uniqueBucket();
    await minio.createBucket(open);
    const client = minio.createClient();
    const statement = {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${open}/*`,
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await client.send(new PutBucketPolicyCommand({ Bucket: open, Policy }));
    client.destroy();
    const store = await openS3(minio, { bucket: open });
    const found = (await store.probe({ signal })).find(({ check }) => check === "private");
    assert.equal(found?.outcome, "failed");
    assert.match(found?.detail ?? "", /^anybody can read what lies here, without credentials/);
    await store.close();
  });

  it("sees object lock and versioning, and puts and parts are accepted there", async () => {
    const locked = uniqueBucket();
    await minio.createBucket(locked, { objectLock: true });
    const store = await openS3(minio, { bucket: locked });
    const results = await store.probe({ signal });
    const found = Object.fromEntries(results.map(({ check, outcome }) => [check, outcome]));
    assert.equal(found["object lock"], "yes");
    assert.equal(found["versioning"], "yes");
    assert.equal(found["multipart upload"], "yes");
    await store.put("k", Buffer.from("x"), { signal });
    assert.equal(await readText(store, "k", signal), "x");
    await store.close();
  });

  it("says what wrong credentials may not do, line by line", async () => {
    const store = await openS3(minio, { bucket, env: wrongEnv });
    const results = await store.probe({ signal });
    assert.deepEqual(
      results.map(({ check, outcome }) => [check, outcome]),
      [
        ["reach", "yes"],
        ["credentials", "failed"],
      ],
    );
    assert.match(results[1]?.detail ?? "", /InvalidAccessKeyId.*ARK_STORE_DENIED/);
    await store.close();
  });
});
