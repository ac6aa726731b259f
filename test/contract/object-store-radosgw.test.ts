import { randomUUID } from "node:crypto";
import { after, describe } from "node:test";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { describeObjectLock } from "../support/object-lock-cycle.ts";
import { openS3 } from "../support/s3-location.ts";
import { whyNoCeph } from "../testbed/ceph-programs.ts";
import { type Radosgw, startRadosgw } from "../testbed/radosgw.ts";
import { describeObjectStore } from "./object-store.ts";

const asked = process.env["ARK_TEST_CEPH"] === "1";
const skip = asked
  ? ((await whyNoCeph()) ?? false)
  : "by flag: ARK_TEST_CEPH=1 fetches and runs Ceph";

describe("the S3 store on Ceph's radosgw", { skip }, () => {
  const bucket = `contract-${randomUUID()}`;
  let started: Promise<Radosgw> | undefined;
  const start = async (): Promise<Radosgw> => {
    const gateway = await startRadosgw();
    await createBucket(gateway, bucket);
    return gateway;
  };
  after(async () => (await started)?.stop());

  const open = async () => {
    started ??= start();
    const gateway = await started;
    const place = { bucket, prefix: `one/${randomUUID()}` };
    const opened = [await openS3(gateway, place)];
    return {
      store: opened[0]!,
      async reopen() {
        opened.push(await openS3(gateway, place));
        return opened.at(-1)!;
      },
      dispose: async () => {
        for (const store of opened) await store.close();
      },
    };
  };
  describeObjectStore("the S3 store on radosgw", open, { refusesUnnamedParts: true });

  describeObjectLock("a radosgw bucket with object lock", async () => {
    started ??= start();
    return { ...(await started), heedsConditions: false };
  });
});

async function createBucket(gateway: Radosgw, name: string): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = gateway;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } finally {
    client.destroy();
  }
}
