import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attempt } from "../../../plugins/object-store-gcs/error-rules.ts";
import { isIdentityRefusal, toStoreError } from "../../../plugins/object-store-gcs/errors.ts";
import { GoogleRefusal, noToken, refusalOf } from "../../../plugins/shared-google/answer.ts";

const attempt: Attempt = {
  operation: "InsertObject",
  key: "prod/backups/n/velero-backup.json",
  name: "backups/n/velero-backup.json",
  bucket: "backups",
  display: "gs://backups/prod",
  endpoint: "https://storage.googleapis.com",
  who: "sa@p of file key.json",
};

/** As the JSON API writes an error. */
function jsonRefusal(code: number, reason: string, message = `${reason} happened`) {
  const error = { code, message, errors: [{ message, domain: "global", reason }] };
  return refusalOf(code, { "x-guploader-uploadid": "ABC" }, JSON.stringify({ error }));
}

const xmlRefusal = (status: number, code: string) =>
  refusalOf(
    status,
    {},
    `<?xml version='1.0'?><Error><Code>${code}</Code><Message>m</Message></Error>`,
  );

describe("toStoreError() of the Google Cloud Storage store", () => {
  const cases: readonly (readonly [GoogleRefusal, string, string, RegExp])[] = [
    [
      jsonRefusal(403, "forbidden"),
      "ARK_STORE_DENIED",
      "stall",
      /sa@p .* storage\.objects\.create/,
    ],
    [jsonRefusal(401, "authError"), "ARK_STORE_DENIED", "retry", /token/],
    [jsonRefusal(404, "notFound"), "ARK_STORE_BUCKET_MISSING", "stall", /create the bucket/],
    [jsonRefusal(403, "rateLimitExceeded"), "ARK_STORE_FAILED", "retry", /slow down/],
    [jsonRefusal(429, "rateLimitExceeded"), "ARK_STORE_FAILED", "retry", /slow down/],
    [jsonRefusal(403, "retentionPolicyNotMet"), "ARK_STORE_DENIED", "stall", /retention/],
    [xmlRefusal(404, "NoSuchBucket"), "ARK_STORE_BUCKET_MISSING", "stall", /create the bucket/],
    [xmlRefusal(400, "InvalidPart"), "ARK_STORE_FAILED", "stall", /begin the backup again/],
    [xmlRefusal(503, "ServiceUnavailable"), "ARK_STORE_FAILED", "retry", /^$/],
  ];
  for (const [refusal, code, disposition, advice] of cases) {
    const { status, reason } = refusal.answer;
    it(`makes ${status} ${reason} ${code}, with what was tried, answered and can be done`, () => {
      const error = toStoreError(refusal, attempt);
      assert.equal(error.code, code);
      assert.equal(error.disposition, disposition);
      assert.equal(error.tried, `InsertObject ${attempt.key} as ${attempt.who}`);
      assert.match(error.answer ?? "", new RegExp(`^${status} ${reason}: `));
      assert.match(error.advice ?? "", advice);
      assert.match(error.message, /gs:\/\/backups\/prod/);
    });
  }

  it("names the request for Google's support", () => {
    assert.match(
      toStoreError(jsonRefusal(500, "backendError"), attempt).answer ?? "",
      /request ABC/,
    );
  });

  it("takes a 404 for the object where one is asked for, and for the bucket where Google says so", () => {
    const get = { ...attempt, operation: "GetObject" } as const;
    const missing = toStoreError(jsonRefusal(404, "notFound", "No such object: a/b"), get);
    assert.equal(missing.code, "ARK_STORE_NOT_FOUND");
    const sentence = "The specified bucket does not exist.";
    const bucket = toStoreError(jsonRefusal(404, "notFound", sentence), get);
    assert.equal(bucket.code, "ARK_STORE_BUCKET_MISSING");
  });

  it("takes 412 for an object that is there already", () => {
    const error = toStoreError(jsonRefusal(412, "conditionNotMet"), attempt);
    assert.equal(error.code, "ARK_STORE_EXISTS");
    assert.match(error.message, /"backups\/n\/velero-backup\.json" exists already/);
  });

  it("does not take a token service that is down for a wrong key", () => {
    const answer = { ...jsonRefusal(503, "x").answer, reason: noToken, wasSent: false };
    const error = toStoreError(new GoogleRefusal(answer), attempt);
    assert.equal(error.disposition, "retry");
    const refused = new GoogleRefusal({ ...answer, status: 400 });
    assert.equal(toStoreError(refused, attempt).code, "ARK_STORE_DENIED");
    assert.equal(isIdentityRefusal(toStoreError(refused, attempt)), true);
  });

  it("says of the network what can be done", () => {
    const socket = Object.assign(new Error("connect ECONNREFUSED 1.2.3.4:443"), {
      code: "ECONNREFUSED",
    });
    const error = toStoreError(socket, attempt);
    assert.equal(error.code, "ARK_STORE_UNREACHABLE");
    assert.equal(error.disposition, "retry");
    assert.match(error.advice ?? "", /storeEndpoint/);
  });
});
