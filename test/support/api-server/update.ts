/** PUT, and what patches share with it: preconditions, what stays, generation, the commit. */
import {
  type ApiResponse,
  objectResponse,
  type ResourceRequest,
  type ServerContext,
} from "./api-call.ts";
import {
  badRequest,
  conflict,
  invalid,
  invalidSubject,
  modifiedMeanwhile,
  notFound,
} from "./api-status.ts";
import { child, isArray, type Json, type JsonObject, sameJson, text } from "./json.ts";
import type { ServedKind } from "./kinds.ts";
import { entriesOf, type FieldWrite } from "./managed-fields.ts";
import {
  finalizersOf,
  getForm,
  isTerminating,
  toVersion,
  withMetadata,
  writtenForm,
} from "./object-form.ts";
import type { Version } from "./store.ts";
import {
  commit,
  currentVersion,
  fieldWrite,
  objectBody,
  objectOf,
  ownChanges,
  sameButForManagers,
  writeMode,
} from "./write-call.ts";

export function update(context: ServerContext, request: ResourceRequest): ApiResponse {
  const { kind, name } = request;
  const mode = writeMode(request, "UpdateOptions");
  const next = objectBody(request);
  const metadata = child(next, "metadata");
  if (text(metadata["name"]) !== name && text(metadata["name"]) !== "") {
    throw badRequest(
      `the name of the object (${text(metadata["name"])}) does not match the name on the URL (${name})`,
    );
  }
  const before = currentVersion(context, request);
  if (before === undefined) throw notFound(kind, name);
  if (kind.custom && text(metadata["resourceVersion"]) === "") throw revisionNeeded(request);
  const write = fieldWrite(context, request, mode.manager);
  return replaceObject(context, request, { before, next, write, dryRun: mode.dryRun });
}

function revisionNeeded({ kind, name }: ResourceRequest): Error {
  const message = "Invalid value: 0: must be specified for an update";
  const cause = { reason: "FieldValueInvalid", message, field: "metadata.resourceVersion" };
  const subject = { kind: kind.resource, group: kind.group, name };
  return invalid(subject, [cause]);
}

export interface Replacement {
  readonly before: Version;
  /** The whole object wanted. */
  readonly next: JsonObject;
  readonly write: FieldWrite;
  readonly dryRun: boolean;
  /** Entries already computed, by an apply. */
  readonly managedFields?: readonly JsonObject[];
}

export function replaceObject(
  context: ServerContext,
  request: ResourceRequest,
  replacement: Replacement,
): ApiResponse {
  const { version, object } = replaced(context, request, replacement);
  if (version !== undefined) return objectResponse(200, getForm(request.kind, version));
  return objectResponse(200, writtenForm(request.kind, object));
}

interface Outcome {
  /** Absent when the last finalizer went and the object with it, and in a dry run. */
  readonly version?: Version;
  readonly object: JsonObject;
}

export function replaced(
  context: ServerContext,
  request: ResourceRequest,
  { before, next, write, dryRun, managedFields }: Replacement,
): Outcome {
  const { kind } = request;
  const current = objectOf(kind, before);
  checkPreconditions(request, current, next);
  const kept = keepOwned(request, current, next);
  const admitted = context.admission?.({ operation: "update", kind, object: kept, dryRun }) ?? kept;
  checkFinalizers(request, current, admitted);
  const counted = countGeneration(kind, current, admitted);
  const owned =
    managedFields === undefined
      ? ownChanges(current, withEntries(current, counted), write)
      : withMetadata(counted, { managedFields });
  if (sameButForManagers(current, owned)) return { version: before, object: current };
  if (isTerminating(owned) && isFinal(kind, owned)) {
    if (!dryRun) removeNow(context, kind, owned);
    return { object: owned };
  }
  if (dryRun) return { object: owned };
  return { version: commit(context, kind, owned, false), object: owned };
}

/** No finalizer is left, neither in metadata nor, for a Namespace, in spec. */
export function isFinal(kind: ServedKind, object: JsonObject): boolean {
  if (finalizersOf(object).length > 0) return false;
  if (kind.storage !== "namespaces") return true;
  const own = child(object, "spec")["finalizers"];
  return !isArray(own) || own.length === 0;
}

/** Removes the object; `last` is what watchers are shown, at the revision of the deletion. */
export function removeNow(context: ServerContext, kind: ServedKind, last: JsonObject): void {
  const table = context.store.table(kind.storage);
  const revision = table.etcd.revision + 1;
  const shown = withMetadata(last, { resourceVersion: String(revision) });
  table.remove(toVersion(kind, shown, revision));
}

function checkPreconditions(
  { kind, name }: ResourceRequest,
  current: JsonObject,
  next: JsonObject,
): void {
  const [had, has] = [child(current, "metadata"), child(next, "metadata")];
  const asked = text(has["resourceVersion"]);
  if (asked !== "" && asked !== had["resourceVersion"]) {
    throw conflict(kind, name, modifiedMeanwhile);
  }
  const uid = text(has["uid"]);
  if (uid !== "" && uid !== had["uid"]) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${text(had["uid"])}`;
    throw conflict(kind, name, why);
  }
}

const unchangeable = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "resourceVersion",
];

/** What a write to this (sub)resource leaves as it was. */
function keepOwned(
  { kind, subresource }: ResourceRequest,
  current: JsonObject,
  next: JsonObject,
): JsonObject {
  const had = child(current, "metadata");
  const metadata = Object.fromEntries(unchangeable.map((key) => [key, had[key]]));
  if (subresource === "status") {
    const { managedFields } = child(next, "metadata");
    const status = next["status"];
    const kept = withMetadata(current, { ...had, managedFields });
    return { ...kept, status };
  }
  const kept = withMetadata(
    { ...next, kind: current["kind"], apiVersion: current["apiVersion"] },
    metadata,
  );
  if (!kind.subresources.some((sub) => sub.name === "status")) return kept;
  return { ...kept, status: current["status"] };
}

/** Sent entries count, unless there are none; `[{}]` clears them. */
function withEntries(current: JsonObject, next: JsonObject): JsonObject {
  const sent = entriesOf(next);
  if (sent.length === 0) return withMetadata(next, { managedFields: entriesOf(current) });
  const reset = sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0;
  return reset ? withMetadata(next, { managedFields: [] }) : next;
}

function checkFinalizers(
  { kind, name }: ResourceRequest,
  current: JsonObject,
  next: JsonObject,
): void {
  if (!isTerminating(current)) return;
  const had = finalizersOf(current);
  const added = finalizersOf(next).filter((finalizer) => !had.includes(finalizer));
  if (added.length === 0) return;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(", ")}}`;
  const cause = { reason: "FieldValueForbidden", message, field: "metadata.finalizers" };
  throw invalid(invalidSubject(kind, name), [cause]);
}

/** Everything but metadata and status. */
function intent(object: JsonObject): Json {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

function countGeneration(kind: ServedKind, current: JsonObject, next: JsonObject): JsonObject {
  if (!kind.generation || sameJson(intent(current), intent(next))) return next;
  const generation = Number(child(current, "metadata")["generation"] ?? 0) + 1;
  return withMetadata(next, { generation });
}
