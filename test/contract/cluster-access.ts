import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Client, closeClient, type OpenCluster, openClient } from "./cluster-under-test.ts";

const reviews = "/apis/authorization.k8s.io/v1";

export function describeAccess(open: OpenCluster): void {
  describe("access reviews", () => {
    let client: Client;
    before(async () => {
      client = await openClient(open);
    });
    after(() => closeClient(client));

    it("answers what the caller may do", async () => {
      const { namespace } = client;
      const resourceAttributes = { verb: "list", resource: "pods", namespace };
      const is = await client.expect(201, "POST", `${reviews}/selfsubjectaccessreviews`, {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes },
      });
      assert.deepEqual(is.spec.resourceAttributes, resourceAttributes);
      assert.equal(is.status.allowed, true);
    });

    it("lists rules for a namespace", async () => {
      const is = await client.expect(201, "POST", `${reviews}/selfsubjectrulesreviews`, {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace: client.namespace },
      });
      assert.equal(is.status.incomplete, false);
      assert.ok(is.status.resourceRules.length > 0);
      for (const rule of is.status.resourceRules) {
        assert.ok(rule.verbs.length > 0 && rule.apiGroups.length > 0 && rule.resources.length > 0);
      }
    });

    it("reviews can only be created", async () => {
      const refused = await client.expect(405, "GET", `${reviews}/selfsubjectaccessreviews`);
      assert.equal(refused.reason, "MethodNotAllowed");
    });

    it("answers 403 for what an impersonated user may not do, with the user in the sentence", async () => {
      const headers = { "impersonate-user": "nobody-special" };
      const told = await client.ask("GET", `${client.home}/pods`, undefined, headers);
      assert.equal(told.status, 403);
      assert.equal(told.json.reason, "Forbidden");
      assert.deepEqual(told.json.details, { kind: "pods" });
      assert.equal(
        told.json.message,
        `pods is forbidden: User "nobody-special" cannot list resource "pods" in API group "" in the namespace "${client.namespace}"`,
      );
    });
  });
}
