import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formsWithoutToken, writtenForm } from "../../../../src/restore/apply/written-form.ts";

const secret = (data: string, uid: string, type = "kubernetes.io/service-account-token") => ({
  bytes: Buffer.from(
    `{"kind":"Secret","metadata":{"name":"t","annotations":{"kubernetes.io/service-account.name":"robot"${uid}}},${data}"type":"${type}"}`,
  ),
  volatileRanges: [],
});
const uid = ',"kubernetes.io/service-account.uid":"0a-1b"';
const filled = '"data":{"ca.crt":"Y2E=","namespace":"c2hvcA==","token":"dG9r"},';

describe("formsWithoutToken()", () => {
  it("knows a token Secret again that the cluster has filled, with its namespace or without", () => {
    const now = formsWithoutToken(secret(filled, uid), "secrets").map(({ sha256 }) => sha256);
    for (const written of ["", '"data":{"namespace":"c2hvcA=="},']) {
      assert.ok(now.includes(writtenForm(secret(written, "")).sha256), written);
    }
    const other = writtenForm(secret('"data":{"mine":"eA=="},', ""));
    assert.equal(now.includes(other.sha256), false);
  });

  it("takes nothing else for a token", () => {
    const more = '"data":{"ca.crt":"Y2E=","mine":"eA==","token":"dG9r"},';
    assert.deepEqual(formsWithoutToken(secret(filled, uid, "Opaque"), "secrets"), []);
    assert.deepEqual(formsWithoutToken(secret(filled, uid), "configmaps"), []);
    assert.deepEqual(formsWithoutToken(secret("", uid), "secrets"), []);
    assert.deepEqual(formsWithoutToken(secret(more, uid), "secrets"), []);
  });
});
