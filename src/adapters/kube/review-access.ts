import type { ResourceKind } from "../../api/resource-kind.ts";
import type { CallContext } from "./call-context.ts";
import { asRecord, parseDocument } from "./json-record.ts";
import { retrying } from "./retry.ts";
import type { ApiRequest } from "./transport.ts";

const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** Asks the API server whether this user may do `verb`; creates nothing, so it is repeated freely. */
export async function reviewAccess(
  context: CallContext,
  verb: string,
  kind: ResourceKind,
  namespace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { group, version, resource } = kind;
  const review = {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    spec: { resourceAttributes: { verb, group, version, resource, namespace } },
  };
  const request: ApiRequest = {
    intent: {
      verb: "create",
      resource: "selfsubjectaccessreviews.authorization.k8s.io",
      namespace: "",
      name: "",
    },
    method: "POST",
    path,
    contentType: "application/json",
    body: Buffer.from(JSON.stringify(review)),
  };
  const answer = await retrying({ ...context, signal }, () =>
    context.transport.exchange(request, context.callGate, signal),
  );
  const document = parseDocument(answer.bytes, `the answer to an access review`);
  return asRecord(asRecord(document)["status"])["allowed"] === true;
}
