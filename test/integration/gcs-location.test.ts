import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { parseGcsOptions } from "../../plugins/object-store-gcs/options.ts";
import { openGcsStore } from "../../plugins/object-store-gcs/store.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { type GoogleStorage, startGoogleStorage } from "../support/google/google-storage.ts";
import type { SeenRequest } from "../support/http-front.ts";
import { uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { readText, rejectsWithCode } from "../support/store-testing.ts";

const { signal } = new AbortController();
const partBytes = 5 * 1024 * 1024;

describe("a location in Google Cloud Storage", { skip: await whyNoTestbed() }, () => {
  const bucket = uniqueBucket("gcs");
  let google: GoogleStorage;
  let workload: Readonly<Record<string, string>>;
  const opened: ObjectStore[] = [];

  before(async () => {
    google = await startGoogleStorage();
    await google.front.createBucket(bucket);
    workload = { GCE_METADATA_HOST: `127.0.0.1:${google.identity.port}` };
  });
  after(() => google?.stop());
  afterEach(async () => {
    google.front.before = () => undefined;
    google.front.loseAnswer = () => false;
    google.identity.maySign = true;
    for (const store of opened.splice(0)) await store.close();
  });

  async function open(
    config: Readonly<Record<string, string>> = { credentialsFile: google.keyFile },
    place: { readonly bucket?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<ObjectStore> {
    const store = await google.open({ bucket, prefix: "p", config, ...place });
    opened.push(store);
    return store;
  }

  const isTo = (part: string) => (request: SeenRequest) => request.url.includes(part);

  /** Answers requests as the JSON API refuses. */
  function refuse(part: string, code: number, reason: string, headers = {}): void {
    const error = { code, message: `${reason} happened`, errors: [{ reason, domain: "global" }] };
    const answer = { status: code, headers, body: JSON.stringify({ error }) };
    google.front.before = (request) => (isTo(part)(request) ? answer : undefined);
  }

  it("is refused to a key that Google does not know, and says so", async () => {
    const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const credentialsFile = join(google.folder, "foreign.json");
    const key = foreign.export({ type: "pkcs8", format: "pem" }).toString();
    google.identity.writeKeyFile(credentialsFile, { private_key: key });
    const store = await open({ credentialsFile });
    const error = await rejectsWithCode(store.head("a", { signal }), "ARK_STORE_DENIED");
    assert.match(error.answer ?? "", /Invalid JWT Signature/);
    assert.match(error.tried ?? "", /GetObject p\/a as backups@project-one/);
    assert.doesNotMatch(JSON.stringify([error.message, error.answer]), /PRIVATE KEY/);
  });

  it("works with a workload identity, which signs no URLs by itself", async () => {
    const store = await open({}, { env: workload });
    await store.put("workload", Buffer.from("w"), { signal });
    assert.equal(await readText(store, "workload", signal), "w");
    assert.equal(store.capabilities.signedUrls, false);
    const signing = store.signedUrl("workload", { expiresInSeconds: 60, signal });
    const error = await rejectsWithCode(signing, "ARK_STORE_UNSUPPORTED");
    assert.match(error.advice ?? "", /serviceAccount/);
  });

  it("signs URLs by IAM for the service account that the config names", async () => {
    const { identity, front, folder } = google;
    const options = parseGcsOptions({
      provider: "gcp",
      bucket,
      prefix: "p",
      config: { storeEndpoint: front.endpoint, serviceAccount: identity.email },
    });
    const context = { env: workload, homeDirectory: folder, clock: createSystemClock() };
    const store = await openGcsStore(options, context, { iamOrigin: identity.origin });
    opened.push(store);
    assert.equal(store.capabilities.signedUrls, true);
    await store.put("by iam/ü", Buffer.from("signed"), { signal });
    const url = await store.signedUrl("by iam/ü", { expiresInSeconds: 60, signal });
    assert.equal(await (await fetch(url)).text(), "signed");
    identity.maySign = false;
    const signing = store.signedUrl("by iam/ü", { expiresInSeconds: 60, signal });
    const error = await rejectsWithCode(signing, "ARK_STORE_DENIED");
    assert.match(error.advice ?? "", /iam\.serviceAccounts\.signBlob/);
  });

  it("encrypts objects and uploads with the key that the config names", async () => {
    const kmsKeyName = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
    const store = await open({ credentialsFile: google.keyFile, kmsKeyName });
    google.front.seen.length = 0;
    await store.put("k", Buffer.from("1"), { signal });
    const put = google.front.seen.find(isTo("uploadType=multipart"));
    assert.equal(new URL(put?.url ?? "", "http://x").searchParams.get("kmsKeyName"), kmsKeyName);
    const upload = await store.startUpload("u", { signal, metadata: {} });
    await upload.complete([await upload.putPart(1, Buffer.from("1"), { signal })], { signal });
    assert.equal(google.front.completed.at(-1)?.kmsKeyName, kmsKeyName);
  });

  it("names the bucket that is missing, whatever is asked", async () => {
    const store = await open(undefined, { bucket: "no-such-bucket" });
    const calls = [
      () => store.put("k", Buffer.from("1"), { signal }),
      () => store.list("", { signal })[Symbol.asyncIterator]().next(),
      () => store.startUpload("u", { signal, metadata: {} }),
    ];
    for (const call of calls) {
      const error = await rejectsWithCode(call(), "ARK_STORE_BUCKET_MISSING");
      assert.match(error.advice ?? "", /create the bucket "no-such-bucket"/);
    }
  });

  it("names the right that is missing, and whose", async () => {
    refuse("?uploads", 403, "forbidden");
    const store = await open();
    const start = store.startUpload("u", { signal, metadata: {} });
    const error = await rejectsWithCode(start, "ARK_STORE_DENIED");
    assert.match(error.advice ?? "", /backups@project-one.*storage\.multipartUploads\.create/);
  });

  it("waits as long as Google asks", async () => {
    refuse("/o/", 429, "rateLimitExceeded", { "retry-after": "9" });
    const store = await open();
    const error = await rejectsWithCode(store.head("a", { signal }), "ARK_STORE_FAILED");
    assert.equal(error.disposition, "retry");
    assert.equal(error.retryAfterMs, 9_000);
  });

  it("tells a completed upload from a failed one after a lost answer", async () => {
    const store = await open();
    const upload = await store.startUpload("lost", { signal, metadata: { run: "1" } });
    const parts = [
      await upload.putPart(1, Buffer.alloc(partBytes, "a"), { signal }),
      await upload.putPart(2, Buffer.from("b"), { signal }),
    ];
    const isComplete = ({ method, url }: SeenRequest): boolean =>
      method === "POST" && url.includes("uploadId=");
    google.front.loseAnswer = isComplete;
    await upload.complete(parts, { signal });
    google.front.loseAnswer = () => false;
    const found = await store.head("lost", { signal });
    assert.deepEqual([found?.sizeBytes, found?.metadata], [partBytes + 1, { run: "1" }]);
    // Of the same size: what lies there is not its own.
    const other = await store.startUpload("lost", { signal, metadata: {} });
    const others = [
      await other.putPart(1, Buffer.alloc(partBytes, "c"), { signal }),
      await other.putPart(2, Buffer.from("d"), { signal }),
    ];
    google.front.before = (request) => (isComplete(request) ? { status: 503 } : undefined);
    const failed = await rejectsWithCode(other.complete(others, { signal }), "ARK_STORE_FAILED");
    assert.equal(failed.disposition, "retry");
    await other.abort({ signal });
    assert.deepEqual((await store.head("lost", { signal }))?.metadata, { run: "1" });
  });

  it("does not take a part that arrived otherwise than it was sent for whole", async () => {
    const store = await open();
    const upload = await store.startUpload("part", { signal, metadata: {} });
    await upload.putPart(1, Buffer.alloc(partBytes, "a"), { signal });
    const forged = { number: 1, sizeBytes: partBytes, tag: '"0"' };
    const error = await rejectsWithCode(upload.complete([forged], { signal }), "ARK_STORE_FAILED");
    assert.match(error.advice ?? "", /begin the backup again/);
    assert.equal(await store.head("part", { signal }), undefined);
    await upload.abort({ signal });
    assert.equal(google.front.openUploads(), 0);
  });

  const keepings: readonly (readonly [string, object, (days: number | undefined) => boolean])[] = [
    ["nothing", {}, (days) => days === undefined],
    ["by soft deletion", { softDeletePolicy: { retentionDurationSeconds: "604800" } }, is(7)],
    ["old versions, for ever", { versioning: { enabled: true } }, (days) => days === Infinity],
    [
      "old versions, until a rule removes them",
      {
        versioning: { enabled: true },
        lifecycle: {
          rule: [
            {
              action: { type: "Delete" },
              condition: { daysSinceNoncurrentTime: 3, isLive: false },
            },
            {
              action: { type: "Delete" },
              condition: { daysSinceNoncurrentTime: 1, matchesPrefix: ["x"] },
            },
          ],
        },
      },
      is(3),
    ],
  ];
  for (const [what, fields, isRight] of keepings) {
    it(`says of a deletion what the bucket keeps: ${what}`, async () => {
      const answer = { status: 200, body: JSON.stringify(fields) };
      const isBucket = ({ url }: SeenRequest): boolean =>
        url.startsWith(`/storage/v1/b/${bucket}?`);
      google.front.before = (request) => (isBucket(request) ? answer : undefined);
      const store = await open();
      await store.put("kept", Buffer.from("1"), { signal });
      const kept = await store.remove("kept", { signal });
      const untilMs = kept?.freedAbout?.getTime();
      const days =
        kept === undefined
          ? undefined
          : untilMs === undefined
            ? Number.POSITIVE_INFINITY
            : Math.round((untilMs - Date.now()) / 86_400_000);
      assert.ok(isRight(days), `${days}`);
    });
  }

  it("deletes where it may not ask what the bucket keeps", async () => {
    refuse(`/b/${bucket}?`, 403, "forbidden");
    const store = await open();
    await store.put("kept", Buffer.from("1"), { signal });
    assert.equal(await store.remove("kept", { signal }), undefined);
    assert.equal(await store.head("kept", { signal }), undefined);
  });

  it("is probed by what backups do, and leaves nothing", async () => {
    const store = await open();
    const results = await store.probe({ signal });
    const table = Object.fromEntries(results.map(({ check, outcome }) => [check, outcome]));
    assert.deepEqual(table, {
      reach: "yes",
      credentials: "yes",
      list: "yes",
      put: "yes",
      get: "yes",
      "range read": "yes",
      "conditional put": "yes",
      "multipart upload": "yes",
      delete: "yes",
      "signed URLs": "yes",
      private: "yes",
      deletions: "yes",
      clock: "yes",
    });
    for await (const entry of store.list("metadata/", { signal })) assert.fail(entry.key);
  });

  it("stops probing where nobody knows who asks", async () => {
    const store = await open({}, { env: { GCE_METADATA_HOST: "127.0.0.1:1" } });
    const results = await store.probe({ signal });
    assert.deepEqual(
      results.map(({ check, outcome }) => [check, outcome]),
      [
        ["reach", "not asked"],
        ["credentials", "failed"],
      ],
    );
    assert.match(results[1]?.detail ?? "", /no metadata server at 127\.0\.0\.1:1/);
  });
});

function is(expected: number): (days: number | undefined) => boolean {
  return (days) => days === expected;
}
