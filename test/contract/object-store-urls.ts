import assert from "node:assert/strict";
import { describe } from "node:test";
import { rejectsWithCode } from "../support/store-testing.ts";
import { oddKeysFor } from "./object-store-objects.ts";
import { type OpenStore, type StoreQuirks, storeTests } from "./store-under-test.ts";

const expiresInSeconds = 600;

export function describeSignedUrls(open: OpenStore, { refusedKeys }: StoreQuirks): void {
  const signs = storeTests(open, ({ capabilities }) =>
    capabilities.signedUrls ? undefined : "the store signs no URLs",
  );
  const signsNot = storeTests(open, ({ capabilities }) =>
    capabilities.signedUrls ? "the store signs URLs" : undefined,
  );
  describe("signed URLs", () => {
    signs("signedUrl() answers where a plain GET reads the object", async (store, signal) => {
      for (const [at, key] of oddKeysFor(refusedKeys).entries()) {
        const body = Buffer.from(`${at} ${key}`);
        await store.put(key, body, { signal });
        const url = await store.signedUrl(key, { expiresInSeconds, signal });
        const answer = await fetch(url, { signal });
        assert.equal(answer.status, 200, key);
        assert.ok(Buffer.from(await answer.arrayBuffer()).equals(body), key);
        assert.equal(answer.headers.get("content-encoding"), null);
      }
    });

    signs("signedUrl() of what is not there is answered 404", async (store, signal) => {
      const url = await store.signedUrl("none", { expiresInSeconds, signal });
      const answer = await fetch(url, { signal });
      assert.equal(answer.status, 404);
      await answer.body?.cancel();
    });

    signs("signedUrl() is good for its key and its time only", async (store, signal) => {
      await store.put("one", Buffer.from("1"), { signal });
      await store.put("two", Buffer.from("2"), { signal });
      const url = new URL(await store.signedUrl("one", { expiresInSeconds, signal }));
      const other = new URL(url);
      other.pathname = other.pathname.replace(/one$/, "two");
      // S3 and its like tell how long, Azure until when.
      const longer = new URL(
        url.href
          .replace(`=${expiresInSeconds}`, "=6000")
          .replace(/(?<=[?&]se=)\d+/, (year) => `${Number(year) + 1}`),
      );
      assert.notEqual(longer.href, url.href);
      for (const forged of [other, longer]) {
        const answer = await fetch(forged, { signal });
        assert.equal(answer.status, 403);
        await answer.body?.cancel();
      }
    });

    signsNot("signedUrl() is refused where there are none", async (store, signal) => {
      await rejectsWithCode(
        store.signedUrl("a", { expiresInSeconds, signal }),
        "ARK_STORE_UNSUPPORTED",
      );
    });
  });
}
