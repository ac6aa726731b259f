/** DELETE of one object and of a collection. */
import {
  type ApiResponse,
  nowText,
  objectResponse,
  type ResourceRequest,
  type ServerContext,
} from "./api-call.ts";
import { ApiStatus, deletedBody, notFound } from "./api-status.ts";
import { child, isArray, isObject, type JsonObject, text } from "./json.ts";
import { qualified, type ServedKind } from "./kinds.ts";
import { list } from "./list.ts";
import { finalizersOf, getForm, isTerminating, withMetadata } from "./object-form.ts";
import { parseSelection } from "./selectors.ts";
import type { Version } from "./store.ts";
import { removeNow } from "./update.ts";
import { commit, currentVersion, objectOf, parseBody, writeMode } from "./write-call.ts";

/** Kinds whose deletion answers with the object instead of a Status. */
const answersObject = new Set([
  "persistentvolumeclaims",
  "persistentvolumes",
  "pods",
  "podtemplates",
  "resourcequotas",
  "serviceaccounts",
  "services",
]);

interface DeleteOptions {
  readonly dryRun: boolean;
  readonly uid: string;
  readonly resourceVersion: string;
}

function optionsOf(request: ResourceRequest): DeleteOptions {
  const sent = request.body.length === 0 ? {} : parseBody(request);
  const body = isObject(sent) ? sent : {};
  const preconditions = child(body, "preconditions");
  const dryRun = isArray(body["dryRun"]) && body["dryRun"].length > 0;
  return {
    dryRun: dryRun || writeMode(request, "DeleteOptions").dryRun,
    uid: text(preconditions["uid"]),
    resourceVersion: text(preconditions["resourceVersion"]),
  };
}

function checkPreconditions(kind: ServedKind, object: JsonObject, options: DeleteOptions): void {
  const metadata = child(object, "metadata");
  const compare = (what: string, asked: string, found: string) => {
    if (asked === "" || asked === found) return;
    const name = text(metadata["name"]);
    const message = `Operation cannot be fulfilled on ${kind.kind} ${JSON.stringify(name)}: the ${what} in the precondition (${asked}) does not match the ${what} in record (${found})`;
    const details = { name, group: kind.group, kind: kind.kind };
    throw new ApiStatus(409, "Conflict", message, { details });
  };
  compare("UID", options.uid, text(metadata["uid"]));
  compare("ResourceVersion", options.resourceVersion, text(metadata["resourceVersion"]));
}

export function remove(context: ServerContext, request: ResourceRequest): ApiResponse {
  const { kind, name } = request;
  const before = currentVersion(context, request);
  if (before === undefined) throw notFound(kind, name);
  const options = optionsOf(request);
  checkPreconditions(kind, objectOf(kind, before), options);
  const left = deleteVersion(context, kind, before, options.dryRun);
  if (left !== undefined) return objectResponse(200, getForm(kind, left));
  if (answersObject.has(kind.storage)) return objectResponse(200, getForm(kind, before));
  const uid = text(child(objectOf(kind, before), "metadata")["uid"]);
  const headers = { "content-type": "application/json" };
  return { status: 200, headers, body: deletedBody(kind, name, uid) };
}

/** Removes the object, or marks it for its finalizers; answers what is still there. */
export function deleteVersion(
  context: ServerContext,
  kind: ServedKind,
  before: Version,
  dryRun: boolean,
): Version | undefined {
  const object = objectOf(kind, before);
  context.admission?.({ operation: "delete", kind, object, dryRun });
  const marked = markDeleted(context, kind, object);
  if (marked === undefined) {
    if (!dryRun) removeNow(context, kind, object);
    return undefined;
  }
  return marked === object ? before : commit(context, kind, marked, dryRun);
}

/** The object with its deletionTimestamp; undefined when nothing keeps it. */
function markDeleted(
  context: ServerContext,
  kind: ServedKind,
  object: JsonObject,
): JsonObject | undefined {
  if (isTerminating(object)) return object;
  const deletionTimestamp = nowText(context.clock);
  if (kind.storage === "namespaces") {
    const status = { ...child(object, "status"), phase: "Terminating" };
    return { ...withMetadata(object, { deletionTimestamp }), status };
  }
  if (qualified(kind) === "customresourcedefinitions.apiextensions.k8s.io") {
    const finalizers = [...finalizersOf(object), cleanupFinalizer];
    return withMetadata(object, { deletionTimestamp, finalizers });
  }
  if (finalizersOf(object).length === 0) return undefined;
  const generation = child(object, "metadata")["generation"];
  return withMetadata(object, {
    deletionTimestamp,
    deletionGracePeriodSeconds: 0,
    ...(typeof generation === "number" && { generation: generation + 1 }),
  });
}

/** Keeps a CustomResourceDefinition until its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

export function removeCollection(context: ServerContext, request: ResourceRequest): ApiResponse {
  const { kind, namespace, query } = request;
  const { dryRun } = optionsOf(request);
  const table = context.store.table(kind.storage);
  const { matches } = parseSelection(kind, query);
  const prefix = namespace === "" ? "" : `${namespace}/`;
  const scan = { prefix, from: "", revision: table.etcd.revision };
  const doomed = [...table.scan(scan)].filter(matches);
  const answer = list(context, request);
  for (const version of doomed) deleteVersion(context, kind, version, dryRun);
  return answer;
}
