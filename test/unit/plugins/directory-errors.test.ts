import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toStoreError } from "../../../plugins/object-store-directory/errors.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const attempt = { verb: "write", key: "backups/b/x", root: "/srv/backups" };

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it failed, open`), { code, syscall: "open" });
}

describe("toStoreError() of the directory store", () => {
  const cases = {
    ENOSPC: "ARK_STORE_FULL",
    EDQUOT: "ARK_STORE_FULL",
    EROFS: "ARK_STORE_READ_ONLY",
    EACCES: "ARK_STORE_DENIED",
    EPERM: "ARK_STORE_DENIED",
    ELOOP: "ARK_STORE_DENIED",
    ENOENT: "ARK_STORE_BUCKET_MISSING",
    ENOTDIR: "ARK_STORE_UNSUPPORTED",
    ENAMETOOLONG: "ARK_STORE_UNSUPPORTED",
    EIO: "ARK_STORE_FAILED",
  };
  for (const [errno, code] of Object.entries(cases)) {
    it(`makes ${errno} ${code} and names key and directory`, () => {
      const error = toStoreError(systemError(errno), attempt);
      assert.ok(error instanceof ArkError);
      assert.equal(error.code, code);
      assert.match(error.message, /"backups\/b\/x" in directory "\/srv\/backups"/);
      assert.match(error.answer ?? "", new RegExp(errno));
    });
  }

  it("lets a shortage of file handles be waited out", () => {
    const error = toStoreError(systemError("EMFILE"), attempt);
    assert.ok(error instanceof ArkError);
    assert.equal(error.disposition, "retry");
  });

  it("passes what is no error of the file system", () => {
    const reason = new Error("cancelled");
    assert.equal(toStoreError(reason, attempt), reason);
    const error = new ArkError("ARK_STORE_EXISTS", "there");
    assert.equal(toStoreError(error, attempt), error);
  });
});
