import { randomUUID } from "node:crypto";
import { after } from "node:test";
import { type GoogleStorage, startGoogleStorage } from "../support/google/google-storage.ts";
import { describeObjectStore, type StoreUnderTest } from "./object-store.ts";

let google: Promise<GoogleStorage> | undefined;
after(async () => (await google)?.stop());

for (const [title, credentials] of [
  ["the Google Cloud Storage store", "key file"],
  ["the Google Cloud Storage store with a workload identity", "metadata server"],
] as const) {
  const bucket = `contract-${randomUUID()}`;
  let created: Promise<unknown> | undefined;
  const open = async (): Promise<StoreUnderTest> => {
    google ??= startGoogleStorage();
    const { front, identity, open: openPlace } = await google;
    created ??= front.createBucket(bucket);
    await created;
    const prefix = `one/${randomUUID()}`;
    const env = { GCE_METADATA_HOST: `127.0.0.1:${identity.port}` };
    const isFile = credentials === "key file";
    const openOne = () => openPlace({ bucket, prefix, ...(isFile ? {} : { config: {}, env }) });
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
  describeObjectStore(title, open);
}
