/** GET of one object. */
import {
  type ApiResponse,
  objectResponse,
  type ResourceRequest,
  type ServerContext,
} from "./api-call.ts";
import { notFound, revisionTooLarge } from "./api-status.ts";
import { revisionParameter } from "./list.ts";
import { getForm } from "./object-form.ts";
import { currentVersion } from "./write-call.ts";

export function get(context: ServerContext, request: ResourceRequest): ApiResponse {
  const { kind, name, query } = request;
  const { revision } = context.store.table(kind.storage).etcd;
  const asked = revisionParameter(query) ?? 0;
  if (asked > revision) throw revisionTooLarge(asked, revision);
  const version = currentVersion(context, request);
  if (version === undefined) throw notFound(kind, name);
  return objectResponse(200, getForm(kind, version));
}
