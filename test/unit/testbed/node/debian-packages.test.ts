import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identify } from "../../../testbed/node/debian-packages.ts";

describe("debian-packages", () => {
  it("identify() refuses a file that is not one of the pinned, and says what it is", () => {
    assert.throws(
      () => identify(Buffer.from("other"), "runc_9_amd64.deb"),
      /"runc_9_amd64\.deb" with the SHA-256 d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa, which is none/,
    );
  });
});
