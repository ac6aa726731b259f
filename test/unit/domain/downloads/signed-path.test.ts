import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  checkSignature,
  ownPathOf,
  parseSignedPath,
  type SignedFile,
  signedPath,
} from "../../../../src/domain/downloads/signed-path.ts";

const key = { id: "k1", secret: Buffer.alloc(32, 7) };
const until = new Date("2030-01-01T00:10:00Z");
const before = new Date("2030-01-01T00:09:59Z");
const file: SignedFile = {
  location: "main",
  locationUid: "u-1",
  key: "backups/b/b-logs.gz",
  until,
};

const verdict = (target: string, now = before, keys = [key]) => {
  const asked = parseSignedPath(target);
  return asked === undefined ? "no URL" : checkSignature(asked, keys, now);
};

describe("a signed path", () => {
  it("grants its file until its time, and not after it", () => {
    const path = signedPath(file, key);
    assert.equal(verdict(path), "valid");
    assert.equal(verdict(path, until), "expired");
    const { location, key: read } = parseSignedPath(path) ?? assert.fail();
    assert.deepEqual([location, read], [file.location, file.key]);
  });

  it("holds behind whatever forwards it", () => {
    const path = signedPath(file, key);
    const forwarded = `https://ark.example/ark/prefix${path}`;
    assert.equal(verdict(forwarded), "valid");
    assert.equal(ownPathOf(forwarded), path);
    assert.equal(ownPathOf("https://s3.example/bucket/backups/b"), undefined);
  });

  it("is void with another key, and tells which key it wants", () => {
    const other = { id: key.id, secret: Buffer.alloc(32, 8) };
    assert.equal(verdict(signedPath(file, key), before, [other]), "wrong");
    assert.equal(verdict(signedPath(file, key), before, []), "unknown key");
    const older = { id: "k0", secret: Buffer.alloc(32, 9) };
    assert.equal(verdict(signedPath(file, older), before, [key, older]), "valid");
  });

  it("grants nothing when any character of it is another", () => {
    const path = signedPath(file, key);
    fc.assert(
      fc.property(
        fc.nat(path.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, char) => {
          const bent = path.slice(0, at) + char + path.slice(at + 1);
          const asked = parseSignedPath(bent);
          if (bent === path || asked === undefined) return;
          if (checkSignature(asked, [key], before) !== "valid") return;
          const { keyId: _id, signature: _signature, ...granted } = asked;
          assert.deepEqual(granted, file, bent);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is not found in what is none", () => {
    for (const target of [
      "/",
      "/downloads/v1/",
      "/downloads/v1/main/u/k",
      "/downloads/v1/main/u/%zz?expires=1&key=k&signature=00",
      `/downloads/v1/main/u/k?expires=1e9&key=k1&signature=${"0".repeat(64)}`,
      `/downloads/v1/main/u/k?expires=1&key=k1&signature=${"0".repeat(63)}`,
    ]) {
      assert.equal(verdict(target), "no URL", target);
    }
  });
});
