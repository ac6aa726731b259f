import { describe } from "node:test";
import { describeLists } from "./object-store-lists.ts";
import { describeObjects } from "./object-store-objects.ts";
import { describeUploads } from "./object-store-uploads.ts";
import { describeSignedUrls } from "./object-store-urls.ts";
import type { OpenStore, StoreQuirks } from "./store-under-test.ts";

export type { OpenStore, StoreQuirks, StoreUnderTest } from "./store-under-test.ts";

/** The ObjectStore port as code. Every store, decorator and double runs it. */
export function describeObjectStore(name: string, open: OpenStore, quirks: StoreQuirks = {}): void {
  describe(`${name} keeps the promises of ObjectStore`, () => {
    describeObjects(open, quirks);
    describeLists(open, quirks);
    describeUploads(open, quirks);
    describeSignedUrls(open, quirks);
  });
}
