/** The life of a backup in a bucket with object lock, for every server that has it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CreateBucketCommand,
  ListObjectVersionsCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { listBackups } from "../../src/catalog/list-backups.ts";
import { deletedText } from "../../src/cli/render/deleted-text.ts";
import { renderPrune } from "../../src/cli/render/prune-report.ts";
import { pruneBackups } from "../../src/retention/prune-backups.ts";
import type { MinioDetails } from "../testbed/minio-access.ts";
import { type HttpFront, s3Error, startHttpFront } from "./http-front.ts";
import { openS3 } from "./s3-location.ts";
import { uniqueBucket } from "./shared-testbed.ts";
import { rejectsWithCode } from "./store-testing.ts";
import { createCycle } from "./whole-cycle.ts";

const signal = new AbortController().signal;
const mebibyte = 1024 * 1024;
const dayMs = 86_400_000;
/** Two parts of the archive at least. */
const size = {
  objects: 16,
  objectBytes: mebibyte,
  limits: { partBytes: 5 * mebibyte },
  clock: createSystemClock(),
};

export interface LockServer extends MinioDetails {
  /** Whether create-only puts are refused in a versioned bucket; Ceph accepts them. */
  readonly heedsConditions: boolean;
}

function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: MinioDetails): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}

/** COMPLIANCE: nobody, the administrator included, can remove a version for a day. */
async function lockedBucket(server: MinioDetails): Promise<string> {
  const bucket = uniqueBucket("lock");
  const client = clientOf(server);
  try {
    await client.send(
      new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }),
    );
    await client.send(
      new PutObjectLockConfigurationCommand({
        Bucket: bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: "Enabled",
          Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } },
        },
      }),
    );
    return bucket;
  } finally {
    client.destroy();
  }
}

/** How many versions each key below `prefix` has, those that are hidden included. */
async function versionsOf(
  server: MinioDetails,
  bucket: string,
  prefix: string,
): Promise<ReadonlyMap<string, number>> {
  const client = clientOf(server);
  try {
    const found = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }),
    );
    const counts = new Map<string, number>();
    for (const { Key = "" } of found.Versions ?? []) counts.set(Key, (counts.get(Key) ?? 0) + 1);
    return counts;
  } finally {
    client.destroy();
  }
}

/** As a store with object lock does: no put or part without a checksum. */
export function demandChecksums(front: HttpFront): void {
  front.answer = ({ method, url, headers }) => {
    const isUpload = method === "PUT" && !/[?&](object-lock|versioning)\b/.test(url);
    const hasChecksum = Object.keys(headers).some(
      (name) => name === "content-md5" || /^x-amz-checksum-(crc32|crc32c|sha1|sha256)$/.test(name),
    );
    return isUpload && !hasChecksum ? s3Error(400, "InvalidRequest") : undefined;
  };
}

export function describeObjectLock(title: string, start: () => Promise<LockServer>): void {
  describe(title, () => {
    it("24: a backup is taken, verified, hidden and taken again, and nothing is overwritten", async () => {
      const server = await start();
      const bucket = await lockedBucket(server);
      const store = await openS3(server, { bucket });
      const world = createCycle(size);
      await world.backUp(store);
      await world.verify(store);
      await world.restore(store);
      const before = await versionsOf(server, bucket, "backups/");
      assert.ok(before.size >= 9);
      for (const [key, versions] of before) assert.equal(versions, 1, `${key} was overwritten`);

      const deleted = await deleteBackup(store, "b1", { signal });
      const untilMs = deleted.hidden?.until?.getTime() ?? 0;
      assert.ok(Math.abs(untilMs - Date.now() - dayMs) < dayMs / 24, String(deleted.hidden?.until));
      assert.equal(deleted.hidden?.bytes, deleted.removedBytes);
      assert.match(deletedText(deleted), /^backup b1 hidden until \d{4}-\d\d-\d\d /);
      assert.doesNotMatch(deletedText(deleted), /deleted/);
      assert.deepEqual(await versionsOf(server, bucket, "backups/"), before);
      // Some servers list the folder of what is hidden.
      for await (const listing of listBackups(store, { signal, concurrency: 2 })) {
        assert.fail(`${listing.name} is still listed, as ${listing.state}`);
      }
      await rejectsWithCode(deleteBackup(store, "b1", { signal }), "ARK_BACKUP_NOT_FOUND");

      await world.backUp(store);
      await world.verify(store);
      await store.close();
    });

    it("24: what has expired is hidden by a prune, which says until when", async () => {
      const server = await start();
      const store = await openS3(server, { bucket: await lockedBucket(server) });
      const world = createCycle({ clock: createSystemClock() });
      await world.backUp(store, "old");
      const now = new Date(world.clock.now().getTime() + 2 * dayMs);
      const report = await pruneBackups(store, { now, signal, concurrency: 2 });
      assert.deepEqual(report.failed, []);
      const text = renderPrune(report, { dryRun: false, location: "lab", timeZone: "UTC" });
      assert.match(text, /^old .* hidden until \d{4}-\d\d-\d\d .*, \d/m);
      assert.match(text, /the bucket keeps versions: .* are not freed yet/);
      const again = await pruneBackups(store, { now, signal, concurrency: 2 });
      assert.deepEqual(again.deleted, []);
      await store.close();
    });

    it("24: every put and part carries a checksum, also where the location wants none", async () => {
      const server = await start();
      const front = await startHttpFront(server.endpoint);
      demandChecksums(front);
      const config = { s3Url: front.endpoint, checksumAlgorithm: "" };
      const store = await openS3(server, { bucket: await lockedBucket(server), config });
      const world = createCycle(size);
      await world.backUp(store);
      await world.verify(store);
      const parts = front.seen.filter(({ url }) => url.includes("partNumber="));
      assert.ok(parts.length >= 2);
      const asked = front.seen.filter(({ url }) => /[?&]object-lock/.test(url));
      assert.equal(asked.length, 1, "the lock is read once");
      await store.close();
      await front.close();
    });

    it("keeps two runs apart, by create-only puts or without them", async () => {
      const server = await start();
      const store = await openS3(server, { bucket: await lockedBucket(server) });
      const key = "metadata/ark-ts/names/n/1";
      await store.put(key, Buffer.from("a"), { signal, ifAbsent: true });
      const second = store.put(key, Buffer.from("b"), { signal, ifAbsent: true });
      if (server.heedsConditions) await rejectsWithCode(second, "ARK_STORE_EXISTS");
      else await second;
      await store.remove(key, { signal });
      const world = createCycle({ clock: createSystemClock() });
      const runs = await Promise.allSettled([world.backUp(store), world.backUp(store)]);
      assert.ok(runs.some(({ status }) => status === "fulfilled"));
      await world.verify(store);
      await store.close();
    });
  });
}
