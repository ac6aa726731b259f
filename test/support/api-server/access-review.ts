/** SelfSubjectAccessReview and SelfSubjectRulesReview, answered by the server's own authoriser. */
import type { Authoriser } from "./access.ts";
import { type ApiResponse, objectResponse, type ResourceRequest } from "./api-call.ts";
import { child, isObject, type JsonObject, text } from "./json.ts";
import { builtInKinds } from "./kinds.ts";
import { writeBuiltIn } from "./object-form.ts";
import { objectBody } from "./write-call.ts";

/** Reviews cannot be listed, so only create is asked of them. */
export function accessReview(authorise: Authoriser, request: ResourceRequest): ApiResponse {
  const review = objectBody(request);
  const attributes = child(child(review, "spec"), "resourceAttributes");
  const asked = isObject(child(review, "spec")["resourceAttributes"]);
  const field = (name: string) => text(attributes[name]);
  const allowed =
    !asked ||
    authorise({
      user: request.user,
      verb: field("verb"),
      group: field("group"),
      version: field("version"),
      resource: field("resource"),
      subresource: field("subresource"),
      namespace: field("namespace"),
      name: field("name"),
    });
  const status: JsonObject = allowed ? { allowed } : { allowed, reason: "the authoriser said no" };
  return reviewed("SelfSubjectAccessReview", child(review, "spec"), status);
}

const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/** One rule per kind, made by asking for each verb. */
export function rulesReview(authorise: Authoriser, request: ResourceRequest): ApiResponse {
  const namespace = text(child(objectBody(request), "spec")["namespace"]);
  const rules = builtInKinds.flatMap(({ group, version, resource }) => {
    const question = { group, version, resource, subresource: "", namespace, name: "" };
    const allowed = verbs.filter((verb) => authorise({ user: request.user, verb, ...question }));
    if (allowed.length === 0) return [];
    return [{ verbs: allowed, apiGroups: [group], resources: [resource] }];
  });
  const status = { resourceRules: rules, nonResourceRules: [], incomplete: false };
  return reviewed("SelfSubjectRulesReview", {}, status);
}

function reviewed(kind: string, spec: JsonObject, status: JsonObject): ApiResponse {
  const apiVersion = "authorization.k8s.io/v1";
  const body = writeBuiltIn({ kind, apiVersion, metadata: {}, spec, status });
  return objectResponse(201, Buffer.from(body));
}
