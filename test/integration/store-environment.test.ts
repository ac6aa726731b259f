import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { parseS3Options } from "../../plugins/object-store-s3/options.ts";
import { openS3Store } from "../../plugins/object-store-s3/store.ts";
import type { Timeouts } from "../../plugins/shared-aws/connection.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { withRetry } from "../../src/adapters/store/with-retry.ts";
import { type ArkError, hasCode } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import {
  type HttpFront,
  type SeenRequest,
  s3Error,
  startHttpFront,
} from "../support/http-front.ts";
import { openS3, type S3Place } from "../support/s3-location.ts";
import { sharedMinio, uniqueBucket } from "../support/shared-testbed.ts";
import { collect, listKeys, rejectsWithCode } from "../support/store-testing.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { createCycle } from "../support/whole-cycle.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";

const signal = new AbortController().signal;
const mebibyte = 1024 * 1024;
const bucket = uniqueBucket("env");
const seal = "backups/b1/velero-backup.json";
/** Several parts. */
const size = {
  objects: 20,
  objectBytes: mebibyte,
  limits: { partBytes: 5 * mebibyte },
  clock: createSystemClock(),
};
/** Pauses between tries take no time. */
const hasty = () => createVirtualClock({ jump: true });

let minio: MinioAccess;
let front: HttpFront;
let opened: ObjectStore[];

before(async () => {
  minio = await sharedMinio();
  await minio.createBucket(bucket);
});

/** Runs with a front of its own before the bucket; everything is closed after it. */
async function withFront(run: () => Promise<void>): Promise<void> {
  front = await startHttpFront(minio.endpoint);
  opened = [];
  try {
    await run();
  } finally {
    for (const store of opened) await store.close();
    await front.close();
  }
}

async function openThroughFront(place: Partial<S3Place> = {}): Promise<ObjectStore> {
  const config = { s3Url: front.endpoint, ...place.config };
  const prefix = uniqueBucket("run");
  const store = await openS3(minio, { bucket, prefix, ...place, config });
  opened.push(store);
  return store;
}

/** Once the first of them is written, a run can be continued. */
function isCheckpoint(request: SeenRequest | undefined): boolean {
  return request?.method === "PUT" && request.url.includes("/metadata/ark-ts/runs/");
}

/** One sentence that names the location, what was answered, and nothing twice. */
function assertSentence(error: ArkError, code: string, answer: RegExp): void {
  assert.equal(error.code, code);
  assert.match(error.message, /^(cannot|there is|location|the) [^\n]+$/);
  assert.match(`${error.answer}`, answer);
}

describe("a backup whose store refuses now and then", () => {
  for (const [title, refusal, askedMs] of [
    ["500", s3Error(500, "InternalError"), 0],
    ["429", s3Error(429, "TooManyRequests"), 0],
    ["503 with Retry-After", s3Error(503, "SlowDown", { "retry-after": "7" }), 7_000],
  ] as const) {
    it(`succeeds in spite of ${title}`, () =>
      withFront(async () => {
        let count = 0;
        front.answer = () => (++count % 4 === 0 ? refusal : undefined);
        const world = createCycle(size);
        const clock = hasty();
        const store = withRetry(await openThroughFront(), { clock });
        await world.backUp(store);
        await world.verify(store);
        assert.ok(count > 20);
        const pauses = clock.slept.filter((ms) => ms === askedMs);
        assert.ok(askedMs === 0 || pauses.length >= 5, `${pauses.length} pauses of ${askedMs} ms`);
      }));

    it(`fails with one sentence on nothing but ${title}, seals nothing, and goes on later`, () =>
      withFront(async () => {
        let isDown = false;
        front.answer = (request) => {
          const answer = isDown ? refusal : undefined;
          isDown ||= isCheckpoint(request);
          return answer;
        };
        const world = createCycle(size);
        const inner = await openThroughFront();
        const store = withRetry(inner, { clock: hasty() });
        const error = await rejectsWithCode(world.backUp(store), "ARK_STORE_FAILED");
        assertSentence(error, "ARK_STORE_FAILED", new RegExp(`^${refusal.status} `));
        front.answer = () => undefined;
        const keys = await listKeys(inner, "backups/", signal);
        assert.deepEqual(
          keys.filter((key) => key === seal || key.endsWith("b1.tar.gz")),
          [],
        );
        const report = await world.backUp(store);
        assert.ok((report.continued?.parts ?? 0) >= 1, world.logged.join("\n"));
        await world.verify(store);
      }));
  }
});

describe("a connection that breaks or stalls", () => {
  it("half a body is read on, not taken for the whole", () =>
    withFront(async () => {
      const world = createCycle(size);
      const store = withRetry(await openThroughFront(), { clock: hasty() });
      await world.backUp(store);
      let count = 0;
      front.spoil = ({ method }) => (method === "GET" && ++count % 3 === 1 ? "cut" : "pass");
      await world.verify(store);
      await world.restore(store);
      assert.ok(count > 10);
    }));

  const long = { connectMs: 10_000, silenceMs: 120_000, bodySilenceMs: 120_000 };
  async function openWith(timeouts: Timeouts): Promise<ObjectStore> {
    const { region, accessKeyId, secretAccessKey } = minio;
    const config = { s3Url: front.endpoint, region, s3ForcePathStyle: "true" };
    const options = parseS3Options({ provider: "aws", bucket, prefix: "stall", config });
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const context = { env, homeDirectory: "/nonexistent", clock: createSystemClock() };
    const store = await openS3Store(options, context, timeouts);
    opened.push(store);
    return store;
  }

  it("an answer that never comes is an error after a bounded silence", () =>
    withFront(async () => {
      const store = await openWith({ ...long, silenceMs: 400 });
      front.spoil = () => "hang";
      for (const call of [
        () => store.head("k", { signal }),
        () => store.put("k", Buffer.from("x"), { signal }),
        () => listKeys(store, "", signal),
      ]) {
        const error = await rejectsWithCode(call(), "ARK_STORE_UNREACHABLE");
        assertSentence(error, "ARK_STORE_UNREACHABLE", /timed out|TimeoutError|ETIMEDOUT/i);
        assert.equal(error.disposition, "retry");
      }
    }));

  it("a body that stalls is an error after a bounded silence, and is then read on", () =>
    withFront(async () => {
      const store = await openWith({ ...long, bodySilenceMs: 400 });
      const body = Buffer.alloc(300_000, "abcdefg");
      await store.put("k", body, { signal });
      front.spoil = () => "stall";
      const read = store.get("k", { signal }).then(collect);
      const error = await rejectsWithCode(read, "ARK_STORE_UNREACHABLE");
      assertSentence(error, "ARK_STORE_UNREACHABLE", /no byte of the body came for 0\.4 s/);
      let stalls = 2;
      front.spoil = () => (stalls-- > 0 ? "stall" : "pass");
      const patient = withRetry(store, { clock: hasty() });
      assert.ok((await collect(await patient.get("k", { signal }))).equals(body));
      assert.ok(front.seen.some(({ headers }) => headers.range !== undefined));
    }));
});

describe("a clock that is off by a day", () => {
  const aDayOn = () => new Date(Date.now() + 86_400_000).toUTCString();

  it("is corrected by the store's time: the next try is signed with that", () =>
    withFront(async () => {
      front.answer = ({ headers }) => {
        // Midnight may come between the signing and the answer.
        const stamp = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
        const iso = String(headers["x-amz-date"]).replace(stamp, "$1-$2-$3T$4:$5:$6Z");
        const isToday = Math.abs(Date.parse(iso) - Date.now()) < 43_200_000;
        const date = { date: aDayOn() };
        return isToday
          ? s3Error(403, "RequestTimeTooSkewed", date)
          : s3Error(404, "NoSuchKey", date);
      };
      const clock = hasty();
      const store = withRetry(await openThroughFront(), { clock });
      await rejectsWithCode(store.get("k", { signal }), "ARK_STORE_NOT_FOUND");
      assert.equal(front.seen.length, 2);
    }));

  it("is named where the store goes on refusing", () =>
    withFront(async () => {
      // Without a time of the store's there is nothing to correct by.
      front.answer = () => s3Error(403, "RequestTimeTooSkewed", { date: new Date().toUTCString() });
      const world = createCycle();
      const store = withRetry(await openThroughFront(), { clock: hasty() });
      const error = await rejectsWithCode(world.backUp(store), "ARK_STORE_DENIED");
      assertSentence(error, "ARK_STORE_DENIED", /^403 RequestTimeTooSkewed/);
      assert.match(error.advice ?? "", /clock of this machine/);
    }));
});

describe("temporary credentials", () => {
  const open = uniqueBucket("anyone");
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "ark-ts-creds-"));
    await minio.createBucket(open);
    const client = minio.createClient();
    const allow = { Effect: "Allow", Principal: { AWS: ["*"] }, Action: ["s3:*"] };
    const resources = [`arn:aws:s3:::${open}`, `arn:aws:s3:::${open}/*`];
    const policy = { Version: "2012-10-17", Statement: [{ ...allow, Resource: resources }] };
    await client.send(new PutBucketPolicyCommand({ Bucket: open, Policy: JSON.stringify(policy) }));
    client.destroy();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const keyText = (id: string) =>
    `[default]\naws_access_key_id = ${id}\naws_secret_access_key = s\naws_session_token = t-${id}\n`;

  /** Takes requests that carry this key id, whatever their signature; others have expired. */
  function takeOnly(isValid: (keyId: string) => boolean): void {
    front.answer = ({ headers }) => {
      const [, keyId = ""] = /Credential=([^/]+)\//.exec(headers.authorization ?? "") ?? [];
      return isValid(keyId) ? undefined : s3Error(400, "ExpiredToken");
    };
    front.rewrite = (headers) =>
      Object.fromEntries(
        Object.entries(headers).filter(
          ([name]) => name !== "authorization" && name !== "x-amz-security-token",
        ),
      );
  }

  it("26: that end in mid-run and are renewed in their file do not end the run", () =>
    withFront(async () => {
      const file = join(folder, "renewed");
      await writeFile(file, keyText("OLDOLDOLDOLDOLD0"));
      let hasExpired = false;
      takeOnly((keyId) => {
        if (front.seen.at(-1)?.url.includes("partNumber=3") === true) hasExpired = true;
        if (!hasExpired) return keyId.startsWith("OLD");
        writeFileSync(file, keyText("NEWNEWNEWNEWNEW0"));
        return keyId.startsWith("NEW");
      });
      const world = createCycle(size);
      const config = { credentialsFile: file };
      const inner = await openThroughFront({ bucket: open, config });
      const store = withRetry(inner, { clock: createSystemClock(), firstPauseMs: 20 });
      await world.backUp(store);
      await world.verify(store);
      assert.ok(hasExpired);
    }));

  it("26: that end and are not renewed end the run with one sentence, and the next goes on", () =>
    withFront(async () => {
      const file = join(folder, "ended");
      await writeFile(file, keyText("OLDOLDOLDOLDOLD0"));
      let hasExpired = false;
      takeOnly((keyId) => {
        const isTaken = keyId.startsWith(hasExpired ? "NEW" : "OLD");
        hasExpired ||= isCheckpoint(front.seen.at(-1));
        return isTaken;
      });
      const world = createCycle(size);
      const config = { credentialsFile: file };
      const inner = await openThroughFront({ bucket: open, config });
      const store = withRetry(inner, { clock: hasty() });
      const error = await rejectsWithCode(world.backUp(store), "ARK_STORE_DENIED");
      assertSentence(error, "ARK_STORE_DENIED", /^400 ExpiredToken/);
      assert.match(error.advice ?? "", /renew them/);
      await writeFile(file, keyText("NEWNEWNEWNEWNEW0"));
      assert.ok(!(await listKeys(inner, "backups/", signal)).includes(seal));
      const report = await world.backUp(store);
      assert.ok((report.continued?.parts ?? 0) >= 1);
      await world.verify(store);
    }));

  it("26: of the location are used, never the ambient ones, even when they have ended", () =>
    withFront(async () => {
      const file = join(folder, "own");
      await writeFile(file, keyText("OWNOWNOWNOWNOWN0"));
      takeOnly(() => false);
      const place = { bucket: open, config: { credentialsFile: file } };
      const store = await openThroughFront(place);
      const error = await store.get("k", { signal }).then(
        () => undefined,
        (e: unknown) => e,
      );
      assert.ok(hasCode(error, "ARK_STORE_DENIED"));
      assert.match(error.tried ?? "", /access key OWNO…OWN0 of file/);
      const ids = front.seen.map(
        ({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1],
      );
      assert.deepEqual(new Set(ids), new Set(["OWNOWNOWNOWNOWN0"]));
    }));
});
