import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cacheKey } from "../../testbed/binaries.ts";
import { cacheFolder } from "../../testbed/cache-folder.ts";
import { isGoRecent } from "../../testbed/go-toolchain.ts";
import { formatElapsed } from "../../testbed/progress.ts";

const parts = {
  files: ["module a\n", "sum\n"],
  flags: ["-trimpath"],
  goVersion: "go version go1.26.8 linux/amd64",
};

describe("binaries", () => {
  it("cacheKey() changes with each thing that goes into a binary", () => {
    const key = cacheKey(parts);
    assert.match(key, /^[0-9a-f]{16}$/);
    assert.equal(cacheKey({ ...parts }), key);
    const others = [
      { ...parts, files: ["module b\n", "sum\n"] },
      { ...parts, files: ["module a\nsum\n", ""] },
      { ...parts, flags: [] },
      { ...parts, files: [], flags: ["module a\n", "sum\n", "-trimpath", "x"] },
      { ...parts, goVersion: "go version go1.26.9 linux/amd64" },
    ].map(cacheKey);
    assert.equal(new Set([key, ...others]).size, others.length + 1);
  });

  it("cacheFolder() follows XDG_CACHE_HOME if it is absolute", () => {
    assert.equal(cacheFolder({ XDG_CACHE_HOME: "/c" }), "/c/ark-ts/testbed");
    assert.match(cacheFolder({ XDG_CACHE_HOME: "c" }), /^\/.*\/\.cache\/ark-ts\/testbed$/);
    assert.match(cacheFolder({}), /^\/.*\/\.cache\/ark-ts\/testbed$/);
  });

  it("isGoRecent() takes Go 1.26 and later", () => {
    assert.equal(isGoRecent("go version go1.26.0 linux/amd64"), true);
    assert.equal(isGoRecent("go version go1.27rc1 linux/arm64"), true);
    assert.equal(isGoRecent("go version go2.0 linux/amd64"), true);
    assert.equal(isGoRecent("go version go1.25.9 linux/amd64"), false);
    assert.equal(isGoRecent("go version devel"), false);
  });

  it("formatElapsed() reads as people say it", () => {
    assert.equal(formatElapsed(4_240), "4.2 s");
    assert.equal(formatElapsed(185_000), "3 min 05 s");
  });
});
