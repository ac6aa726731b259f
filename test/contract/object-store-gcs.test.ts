import { randomUUID } from "node:crypto";
import { after } from "node:test";
import { type GoogleStorage, startGoogleStorage } from "../support/google/google-storage.ts";
import { describeObjectStore, type StoreUnderTest } from "./object-store.ts";

const bucket = `contract-${randomUUID()}`;
let google: Promise<GoogleStorage> | undefined;
let created: Promise<unknown> | undefined;
after(async () => (await google)?.stop());

async function open(): Promise<StoreUnderTest> {
  google ??= startGoogleStorage();
  const { front, open: openPlace } = await google;
  created ??= front.createBucket(bucket);
  await created;
  const place = { bucket, prefix: `one/${randomUUID()}` };
  const opened = [await openPlace(place)];
  return {
    store: opened[0]!,
    async reopen() {
      opened.push(await openPlace(place));
      return opened.at(-1)!;
    },
    dispose: async () => {
      for (const store of opened) await store.close();
    },
  };
}

describeObjectStore("the Google Cloud Storage store", open);
