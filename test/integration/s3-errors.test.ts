import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { openS3 } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { type Minio, startMinio } from "../testbed/minio.ts";

const signal = new AbortController().signal;

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

describe("what a user of S3 can have wrong is one clear sentence", () => {
  it("wrong access key", async () => {
    const minio = await sharedMinio();
    const env = { AWS_ACCESS_KEY_ID: "AKIAPLANTEDPLANTED00", AWS_SECRET_ACCESS_KEY: "planted-sec" };
    const store = await openS3(minio, { bucket: "any-bucket", env });
    const put = store.put("backups/b/x", Buffer.from("x"), { signal });
    const error = await rejectsWithCode(put, "ARK_STORE_DENIED");
    assert.equal(error.message, "cannot write to location s3://any-bucket");
    assert.equal(error.tried, "PutObject backups/b/x as access key AKIA…ED00");
    assert.match(error.answer ?? "", /^403 InvalidAccessKeyId: .*\(request [0-9A-F]+\)$/);
    assert.match(error.advice ?? "", /profile or credentialsFile/);
    const told = [error.message, error.tried, error.answer, error.advice].join(" ");
    assert.ok(!told.includes("planted-sec"));
    await store.close();
  });

  it("wrong secret key", async () => {
    const minio = await sharedMinio();
    const env = { AWS_ACCESS_KEY_ID: minio.accessKeyId, AWS_SECRET_ACCESS_KEY: "planted-secret" };
    const store = await openS3(minio, { bucket: "any-bucket", env });
    // HEAD is refused without a body: the store must find out what is wrong in another way.
    for (const operation of ["head", "get"] as const) {
      const error = await rejectsWithCode(store[operation]("k", { signal }), "ARK_STORE_DENIED");
      assert.match(error.answer ?? "", /^403 SignatureDoesNotMatch/);
      assert.match(error.advice ?? "", /secret key does not fit/);
      assert.ok(!JSON.stringify([error.message, error.tried, error.answer]).includes("planted"));
    }
    // The place answers, the key is refused; the rest would only repeat the refusal.
    const probed = await store.probe({ signal });
    assert.deepEqual(
      probed.map(({ check, outcome }) => `${check}: ${outcome}`),
      ["reach: yes", "credentials: failed"],
    );
    assert.match(probed[1]?.detail ?? "", /^access key .*: .*SignatureDoesNotMatch/);
    await store.close();
  });

  it("no credentials where the location names its own", async () => {
    const minio = await sharedMinio();
    const store = await openS3(minio, {
      bucket: "any-bucket",
      config: { credentialsFile: "/nonexistent/credentials" },
    });
    const error = await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_DENIED");
    assert.match(error.tried ?? "", /nobody: no credentials of file \/nonexistent\/credentials/);
    const probed = await store.probe({ signal });
    assert.deepEqual(
      probed.map(({ check, outcome }) => `${check}: ${outcome}`),
      ["reach: not asked", "credentials: failed"],
    );
    await store.close();
  });

  it("wrong bucket", async () => {
    const store = await openS3(await sharedMinio(), { bucket: uniqueBucket() });
    const put = store.put("k", Buffer.from("x"), { signal });
    const error = await rejectsWithCode(put, "ARK_STORE_BUCKET_MISSING");
    assert.match(error.advice ?? "", /create the bucket/);
    const [reach, ...rest] = await store.probe({ signal });
    assert.equal(reach?.check, "reach");
    assert.equal(reach?.outcome, "failed");
    assert.match(reach?.detail ?? "", /ARK_STORE_BUCKET_MISSING/);
    assert.equal(rest.length, 1);
    await store.close();
  });

  it("no server at the port", async () => {
    const minio = await sharedMinio();
    const endpoint = `http://127.0.0.1:${await closedPort()}`;
    const store = await openS3(minio, { bucket: "any-bucket", config: { s3Url: endpoint } });
    const error = await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_UNREACHABLE");
    assert.equal(error.message, "cannot reach location s3://any-bucket");
    assert.match(error.answer ?? "", /ECONNREFUSED/);
    assert.ok((error.answer ?? "").includes(endpoint));
    assert.equal(error.disposition, "retry");
    await store.close();
  });

  it("no such host", async () => {
    const config = { s3Url: "http://no-such-host.invalid:9000" };
    const store = await openS3(await sharedMinio(), { bucket: "any-bucket", config });
    const error = await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_UNREACHABLE");
    assert.match(error.answer ?? "", /ENOTFOUND|EAI_AGAIN/);
    await store.close();
  });

  it("an object that is not there, in the words of the location", async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket();
    await minio.createBucket(bucket);
    const store = await openS3(minio, { bucket, prefix: "prod" });
    const error = await rejectsWithCode(store.get("a/b", { signal }), "ARK_STORE_NOT_FOUND");
    assert.equal(error.message, `there is no object "a/b" in s3://${bucket}/prod`);
    await store.close();
  });
});

describe("TLS of an S3 store", () => {
  let minio: Minio;
  const bucket = uniqueBucket();
  before(async () => {
    minio = await startMinio({ tls: true });
    await minio.createBucket(bucket);
  });
  after(() => minio.stop());

  it("refuses an unknown CA and says how to give it", async () => {
    const store = await openS3(minio, { bucket });
    const error = await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_UNREACHABLE");
    assert.match(error.advice ?? "", /caCert/);
    await store.close();
  });

  for (const [title, config] of [
    ["a file of certificates", () => ({ caCert: minio.caFile ?? "" })],
    ["insecureSkipTLSVerify", () => ({ insecureSkipTLSVerify: "true" })],
  ] as const) {
    it(`is satisfied by ${title}`, async () => {
      const store = await openS3(minio, { bucket, config: config() });
      await store.put("k", Buffer.from("x"), { signal });
      assert.equal((await store.head("k", { signal }))?.sizeBytes, 1);
      await store.close();
    });
  }

  it("takes AWS_CA_BUNDLE", async () => {
    const env = {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
      AWS_CA_BUNDLE: minio.caFile,
    };
    const store = await openS3(minio, { bucket, env });
    assert.equal(await store.head("missing", { signal }), undefined);
    await store.close();
  });

  it("tells a CA file that cannot be read or holds none before any request", async () => {
    for (const caCert of ["/nonexistent/ca.crt", "package.json"]) {
      await rejectsWithCode(openS3(minio, { bucket, config: { caCert } }), "ARK_CONFIG_INVALID");
    }
  });
});
