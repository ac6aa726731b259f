import { randomUUID } from "node:crypto";
import { openObjectStore } from "../../plugins/registry.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { sharedMinio } from "../support/shared-testbed.ts";
import { describeObjectStore, type StoreUnderTest } from "./object-store.ts";

for (const [title, config, options] of [
  ["the S3 store", {}, {}],
  ["the S3 store with CRC32 checksums", { checksumAlgorithm: "CRC32" }, {}],
  ["the S3 store on a bucket with versions", {}, { versioning: true }],
] as const) {
  const bucket = `contract-${randomUUID()}`;
  let created: Promise<unknown> | undefined;
  // MinIO does; AWS does not.
  const quirks = "versioning" in options ? { listsHiddenFolders: true } : {};
  const open = async (): Promise<StoreUnderTest> => {
    const minio = await sharedMinio();
    created ??= minio.createBucket(bucket, options);
    await created;
    const prefix = `one/${randomUUID()}`;
    const openOne = () =>
      openObjectStore(
        {
          provider: "aws",
          bucket,
          prefix,
          config: {
            s3Url: minio.endpoint,
            region: minio.region,
            s3ForcePathStyle: "true",
            ...config,
          },
        },
        {
          env: {
            AWS_ACCESS_KEY_ID: minio.accessKeyId,
            AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
          },
          homeDirectory: "/nonexistent",
          clock: createSystemClock(),
        },
      );
    const opened = [await openOne()];
    return {
      store: opened[0]!,
      async reopen() {
        opened.push(await openOne());
        return opened.at(-1)!;
      },
      dispose: async () => {
        for (const store of opened) await store.close();
      },
    };
  };
  describeObjectStore(title, open, quirks);
}
