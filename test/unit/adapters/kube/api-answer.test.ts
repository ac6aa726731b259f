import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isKindMissing, toApiError } from "../../../../src/adapters/kube/api-answer.ts";
import { toIntent } from "../../../../src/adapters/kube/intent.ts";
import type { ApiError } from "../../../../src/ports/cluster.ts";

const server = "https://10.0.0.1:6443";
const pods = { group: "", resource: "pods" };

function status(code: number, fields: object): string {
  return JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, ...fields });
}

function errorFor(statusCode: number, body: string, verb = "create", retryAfter = ""): ApiError {
  const intent = toIntent(verb, pods, { namespace: "shop", name: verb === "list" ? "" : "web" });
  return toApiError({ statusCode, body, retryAfter }, intent, server);
}

describe("toApiError()", () => {
  it("gives each answer its code", () => {
    for (const [statusCode, code] of [
      [400, "ARK_API_INVALID"],
      [401, "ARK_API_UNAUTHORIZED"],
      [403, "ARK_API_FORBIDDEN"],
      [404, "ARK_API_NOT_FOUND"],
      [409, "ARK_API_CONFLICT"],
      [410, "ARK_API_GONE"],
      [413, "ARK_API_INVALID"],
      [415, "ARK_API_FAILED"],
      [422, "ARK_API_INVALID"],
      [429, "ARK_API_THROTTLED"],
      [500, "ARK_API_FAILED"],
      [504, "ARK_API_FAILED"],
    ] as const) {
      const error = errorFor(statusCode, "");
      assert.equal(error.code, code, String(statusCode));
      assert.match(
        error.message,
        /^cannot create pods "shop\/web": the API server at https:\/\/10\.0\.0\.1:6443 /,
      );
      assert.equal(error.api.status, statusCode);
    }
    assert.equal(errorFor(400, "", "list").code, "ARK_API_FAILED");
  });

  it("keeps reason, message and causes of a Status", () => {
    const error = errorFor(
      422,
      status(422, {
        reason: "Invalid",
        message: "Pod is invalid",
        details: { causes: [{ reason: "FieldValueRequired", message: "needed", field: "spec.x" }] },
      }),
    );
    assert.equal(error.api.reason, "Invalid");
    assert.equal(error.answer, "422 Invalid: Pod is invalid");
    assert.deepEqual(error.api.causes, [
      { reason: "FieldValueRequired", message: "needed", field: "spec.x" },
    ]);
  });

  it("keeps the continue token of a 410 only", () => {
    const body = (code: number) => status(code, { metadata: { continue: "go-on" } });
    assert.equal(errorFor(410, body(410), "list").api.continueToken, "go-on");
    assert.equal(errorFor(500, body(500), "list").api.continueToken, undefined);
  });

  it("reads Retry-After from the header and from the details, the longer one", () => {
    assert.equal(errorFor(429, "", "list", "3").api.retryAfterMs, 3000);
    const body = status(504, { details: { retryAfterSeconds: 5 } });
    assert.equal(errorFor(504, body, "list", "1").api.retryAfterMs, 5000);
    assert.equal(
      errorFor(503, "", "list", "Wed, 21 Oct 2026 07:28:00 GMT").api.retryAfterMs,
      undefined,
    );
  });

  it("says that a server speaks https where the kubeconfig has http", () => {
    const said = errorFor(400, "Client sent an HTTP request to an HTTPS server.\n", "list");
    assert.match(said.advice ?? "", /write https:\/\/ for http:\/\//);
    assert.doesNotMatch(errorFor(400, "bad limit", "list").advice ?? "", /https/);
  });

  it("quotes the begin of an answer that is no Status", () => {
    const error = errorFor(502, `<html>${"x".repeat(5000)}`);
    assert.match(error.answer ?? "", /^502: <html>x+$/);
    assert.ok((error.answer ?? "").length < 400);
    assert.equal(errorFor(503, '"text"').api.reason, "");
  });

  it("names the missing right, the dying namespace, or admission, when it is forbidden", () => {
    const rbac = 'pods is forbidden: User "u" cannot create resource "pods" in API group ""';
    const advice = (fields: object) => errorFor(403, status(403, fields)).advice ?? "";
    assert.equal(
      advice({ message: rbac }),
      'Grant the user the right "create" on "pods" in namespace "shop".',
    );
    assert.match(
      advice({ message: "no", details: { causes: [{ reason: "NamespaceTerminating" }] } }),
      /Wait until namespace "shop" is gone/,
    );
    assert.match(advice({ message: "exceeded quota: small" }), /Admission refused it/);
    const escalation = 'user "u" is attempting to grant RBAC permissions not currently held:\n{}';
    assert.match(advice({ message: escalation }), /as a user who holds these/);
  });
});

describe("isKindMissing()", () => {
  it("tells a kind that is not served from an object that is missing", () => {
    const kind = status(404, {
      reason: "NotFound",
      message: "the server could not find the requested resource",
    });
    assert.equal(isKindMissing(errorFor(404, kind).api), true);
    assert.equal(isKindMissing(errorFor(404, "404 page not found\n").api), true);
    const object = status(404, { reason: "NotFound", message: 'pods "web" not found' });
    assert.equal(isKindMissing(errorFor(404, object).api), false);
  });
});
