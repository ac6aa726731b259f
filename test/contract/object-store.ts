import { describe } from "node:test";
import { describeLists } from "./object-store-lists.ts";
import { describeObjects } from "./object-store-objects.ts";
import { describeUploads } from "./object-store-uploads.ts";
import type { OpenStore } from "./store-under-test.ts";

export type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

/** The ObjectStore port as code. Every store, decorator and double runs it. */
export function describeObjectStore(name: string, open: OpenStore): void {
  describe(`${name} keeps the promises of ObjectStore`, () => {
    describeObjects(open);
    describeLists(open);
    describeUploads(open);
  });
}
