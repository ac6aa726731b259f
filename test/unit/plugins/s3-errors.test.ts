import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attempt } from "../../../plugins/object-store-s3/error-rules.ts";
import { toStoreError } from "../../../plugins/object-store-s3/errors.ts";
import { maskKeyId } from "../../../plugins/shared-aws/credentials.ts";
import { hasAgentProxies } from "../../../plugins/shared-connection/agents.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const attempt: Attempt = {
  operation: "PutObject",
  key: "prod/backups/nightly/velero-backup.json",
  name: "backups/nightly/velero-backup.json",
  bucket: "backups",
  display: "s3://backups/prod",
  endpoint: "https://s3.example.org",
  who: "access key AKIA…WXYZ",
};

function answer(name: string, status: number, extra = {}): Error {
  const $metadata = { httpStatusCode: status, requestId: "7A1F", ...extra };
  return Object.assign(new Error(`${name} happened`), { name, $metadata });
}

const socketError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe("toStoreError() of the S3 store", () => {
  const answers: readonly (readonly [string, number, string, string, RegExp])[] = [
    [
      "AccessDenied",
      403,
      "ARK_STORE_DENIED",
      "stall",
      /s3:PutObject on arn:aws:s3:::backups\/prod/,
    ],
    ["InvalidAccessKeyId", 403, "ARK_STORE_DENIED", "stall", /does not know these credentials/],
    ["SignatureDoesNotMatch", 403, "ARK_STORE_DENIED", "stall", /secret key/],
    ["ExpiredToken", 400, "ARK_STORE_DENIED", "retry", /renew/],
    ["RequestTimeTooSkewed", 403, "ARK_STORE_DENIED", "stall", /clock/],
    ["NoSuchBucket", 404, "ARK_STORE_BUCKET_MISSING", "stall", /create the bucket "backups"/],
    ["PermanentRedirect", 301, "ARK_STORE_FAILED", "stall", /region/],
    ["SlowDown", 503, "ARK_STORE_FAILED", "retry", /slow down/],
    ["NotImplemented", 501, "ARK_STORE_UNSUPPORTED", "stall", /lacks/],
    ["XMinioStorageFull", 507, "ARK_STORE_FULL", "stall", /space/],
  ];
  for (const [name, status, code, disposition, advice] of answers) {
    it(`makes ${status} ${name} ${code}, with what was tried, answered and can be done`, () => {
      const error = toStoreError(answer(name, status), attempt);
      assert.equal(error.code, code);
      assert.equal(error.disposition, disposition);
      assert.equal(error.tried, `PutObject ${attempt.key} as access key AKIA…WXYZ`);
      assert.equal(error.answer, `${status} ${name}: ${name} happened (request 7A1F)`);
      assert.match(error.advice ?? "", advice);
      assert.match(error.message, /s3:\/\/backups\/prod/);
    });
  }

  it("goes by the status when HEAD gives no name", () => {
    const head = { ...attempt, operation: "HeadObject" };
    assert.equal(toStoreError(answer("403", 403), head).code, "ARK_STORE_DENIED");
    assert.match(toStoreError(answer("403", 403), head).advice ?? "", /s3:GetObject/);
    assert.equal(toStoreError(answer("UnknownError", 502), head).disposition, "retry");
    assert.equal(toStoreError(answer("Teapot", 418), head).code, "ARK_STORE_FAILED");
  });

  it("lets a try be repeated after the SDK has corrected the clock", () => {
    const skewed = answer("RequestTimeTooSkewed", 403, { clockSkewCorrected: true });
    assert.equal(toStoreError(skewed, attempt).disposition, "retry");
  });

  const sockets: readonly (readonly [string, string, RegExp])[] = [
    ["ECONNREFUSED", "retry", /nothing listens/],
    ["ENOTFOUND", "stall", /no address/],
    ["ECONNRESET", "retry", /network/],
    ["SELF_SIGNED_CERT_IN_CHAIN", "stall", /caCert/],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "stall", /caCert/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "stall", /another host/],
    ["CERT_HAS_EXPIRED", "stall", /not valid today/],
    ["EPROTO", "stall", /http or https/],
  ];
  for (const [errno, disposition, advice] of sockets) {
    it(`makes ${errno} ARK_STORE_UNREACHABLE and names the endpoint`, () => {
      const error = toStoreError(socketError(errno), attempt);
      assert.equal(error.code, "ARK_STORE_UNREACHABLE");
      assert.equal(error.disposition, disposition);
      assert.match(error.answer ?? "", /https:\/\/s3\.example\.org/);
      assert.match(error.advice ?? "", advice);
    });
  }

  it("thinks of https where an endpoint of http hangs up", () => {
    const plain = { ...attempt, endpoint: "http://s3.example.org" };
    assert.match(toStoreError(socketError("ECONNRESET"), plain).advice ?? "", /may speak https/);
    assert.doesNotMatch(toStoreError(socketError("ECONNRESET"), attempt).advice ?? "", /https:/);
  });

  it("reads the first of several addresses that were tried", () => {
    const both = new AggregateError([socketError("ECONNREFUSED"), socketError("ECONNREFUSED")], "");
    assert.equal(toStoreError(both, attempt).code, "ARK_STORE_UNREACHABLE");
  });

  it("passes an ArkError unchanged", () => {
    const error = new ArkError("ARK_STORE_FULL", "full");
    assert.equal(toStoreError(error, attempt), error);
  });

  it("cuts a long answer to one line", () => {
    const error = toStoreError(new Error(`<html>\n${"x".repeat(5_000)}`), attempt);
    assert.ok((error.answer ?? "").length < 500);
    assert.ok(!(error.answer ?? "").includes("\n"));
  });
});

describe("maskKeyId()", () => {
  it("shows the ends of a long id and the begin of a short one", () => {
    assert.equal(maskKeyId("AKIAIOSFODNN7EXAMPLE"), "AKIA…MPLE");
    assert.equal(maskKeyId("minioadmin"), "mi…");
  });
});

describe("hasAgentProxies()", () => {
  it("knows the Nodes whose agents take proxies", () => {
    const answers = ["22.19.0", "22.21.0", "23.11.0", "24.4.1", "24.5.0", "26.0.0"].map(
      hasAgentProxies,
    );
    assert.deepEqual(answers, [false, true, false, false, true, true]);
  });
});
