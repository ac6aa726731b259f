import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resourcePath, withQuery } from "../../../../src/adapters/kube/resource-path.ts";
import { hasCode } from "../../../../src/lib/errors.ts";

const roles = { group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterroles" };
const pods = { group: "", version: "v1", resource: "pods" };

describe("resourcePath()", () => {
  it("keeps capitals and escapes what a path cannot hold", () => {
    assert.equal(
      resourcePath(roles, { name: "Team-Admin:View %" }),
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/Team-Admin%3AView%20%25",
    );
  });

  it("puts namespace, name and subresource in their places", () => {
    assert.equal(resourcePath(pods, {}), "/api/v1/pods");
    assert.equal(resourcePath(pods, { namespace: "a" }), "/api/v1/namespaces/a/pods");
    assert.equal(
      resourcePath(pods, { namespace: "a", name: "b", subresource: "status" }),
      "/api/v1/namespaces/a/pods/b/status",
    );
  });

  it("refuses names that would lead elsewhere", () => {
    for (const name of [".", "..", "a/../../b", "a\0b"]) {
      for (const target of [{ name }, { namespace: name }]) {
        assert.throws(
          () => resourcePath(pods, target),
          (error) => hasCode(error, "ARK_NAME_INVALID"),
        );
      }
    }
  });
});

describe("withQuery()", () => {
  it("leaves out what has no value and escapes the rest", () => {
    assert.equal(withQuery("/a", { x: undefined, y: "" }), "/a");
    assert.equal(
      withQuery("/a", { limit: 5, labelSelector: "a in (b,c)" }),
      "/a?limit=5&labelSelector=a+in+%28b%2Cc%29",
    );
  });
});
