import { randomUUID } from "node:crypto";
import { openPluginObjectStore } from "../../src/adapters/plugin-host/object-store/open-object-store.ts";
import { hostOptions } from "../support/plugin-host-options.ts";
import { sharedMinio } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { describeObjectStore, type StoreUnderTest } from "./object-store.ts";

const bucket = `contract-${randomUUID()}`;
let created: Promise<unknown> | undefined;

describeObjectStore(
  "Velero's own plugin for AWS",
  async (): Promise<StoreUnderTest> => {
    const minio = await sharedMinio();
    const path = await ensureBinary("velero-plugin-for-aws");
    created ??= minio.createBucket(bucket);
    await created;
    const prefix = `one/${randomUUID()}`;
    const config = { s3Url: minio.endpoint, region: minio.region, s3ForcePathStyle: "true" };
    const openOne = () =>
      openPluginObjectStore(
        {
          command: { path, args: [] },
          plugin: "velero.io/aws",
          location: { provider: "velero.io/aws", bucket, prefix, config },
        },
        hostOptions({
          AWS_ACCESS_KEY_ID: minio.accessKeyId,
          AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
        }),
      );
    const opened = [openOne()];
    return {
      store: opened[0]!,
      async reopen() {
        const again = openOne();
        opened.push(again);
        return again;
      },
      dispose: async () => {
        for (const store of opened) await store.close();
      },
    };
  },
  { tellsLittle: true },
);
