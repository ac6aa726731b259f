/** PATCH: JSON patch, merge patch and server-side apply. Strategic merge answers 415. */
import type { ApiResponse, ResourceRequest, ServerContext } from "./api-call.ts";
import {
  ApiStatus,
  badRequest,
  invalidOptions,
  notFound,
  unsupportedMediaType,
} from "./api-status.ts";
import { createObject } from "./create.ts";
import { child, isObject, type Json, type JsonObject, membersOf, text } from "./json.ts";
import { jsonPatch, mergePatch, PatchRefused } from "./json-patch.ts";
import {
  changedFields,
  claimFields,
  conflictingManagers,
  entriesOf,
  type FieldWrite,
  fieldsOf,
  leaves,
  subtractFields,
} from "./managed-fields.ts";
import type { Version } from "./store.ts";
import { replaceObject } from "./update.ts";
import {
  checkType,
  contentType,
  currentVersion,
  fieldWrite,
  objectOf,
  parseBody,
  writeMode,
} from "./write-call.ts";

const accepted = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

export function patch(context: ServerContext, request: ResourceRequest): ApiResponse {
  const type = contentType(request);
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  const { dryRun, manager } = writeMode(request, "PatchOptions");
  const before = currentVersion(context, request);
  if (type === "application/apply-patch+yaml") return apply(context, request, before);
  if (before === undefined) throw notFound(request.kind, request.name);
  const next = patched(request, type, objectOf(request.kind, before));
  const write = fieldWrite(context, request, manager);
  return replaceObject(context, request, { before, next, write, dryRun });
}

/** The object after a JSON patch or merge patch. Throws 400 and 422. */
export function patched(request: ResourceRequest, type: string, current: JsonObject): JsonObject {
  const body = parseBody(request);
  const next =
    type === "application/json-patch+json" ? jsonPatched(current, body) : mergePatch(current, body);
  if (!isObject(next)) throw badRequest("the patch does not leave an object");
  return next;
}

function jsonPatched(current: JsonObject, body: Json): Json {
  try {
    return jsonPatch(current, body);
  } catch (error) {
    if (!(error instanceof PatchRefused)) throw error;
    const message = "the server rejected our request due to an error in our request";
    throw new ApiStatus(422, "Invalid", message, { details: {} });
  }
}

function apply(
  context: ServerContext,
  request: ResourceRequest,
  before: Version | undefined,
): ApiResponse {
  const { dryRun, manager } = writeMode(request, "PatchOptions");
  if (!request.query.has("fieldManager")) {
    const message = "Required value: is required for apply patch";
    const cause = { reason: "FieldValueRequired", message, field: "fieldManager" };
    throw invalidOptions("PatchOptions", cause);
  }
  const applied = parseBody(request);
  if (!isObject(applied)) throw badRequest("the object applied is unrecognized");
  checkType(request.kind, applied);
  if (before === undefined) {
    if (text(child(applied, "metadata")["name"]) === "") {
      throw badRequest(
        `the name of the object (${request.name} based on URL) was undeterminable: name must be provided`,
      );
    }
    return createObject(context, request, { object: applied, dryRun, manager, operation: "Apply" });
  }
  const write: FieldWrite = { ...fieldWrite(context, request, manager), operation: "Apply" };
  const current = objectOf(request.kind, before);
  const { next, managedFields } = appliedTo(current, applied, {
    write,
    force: request.query.get("force") === "true",
  });
  return replaceObject(context, request, { before, next, write, dryRun, managedFields });
}

/** A plain merge: lists are replaced whole, fields the manager no longer names are removed. */
function appliedTo(
  current: JsonObject,
  applied: JsonObject,
  { write, force }: { readonly write: FieldWrite; readonly force: boolean },
): { readonly next: JsonObject; readonly managedFields: readonly JsonObject[] } {
  const entries = entriesOf(current);
  const set = leaves(fieldsOf(applied));
  const isMine = (entry: JsonObject) =>
    entry["manager"] === write.manager && entry["operation"] === "Apply";
  const others = entries.filter((entry) => !isMine(entry));
  const given = entries.find(isMine);
  const dropped = others.reduce<JsonObject | undefined>(
    (left, other) => left && subtractFields(left, child(other, "fieldsV1")),
    given && subtractFields(child(given, "fieldsV1"), set),
  );
  const kept = dropped === undefined ? current : (without(current, dropped) as JsonObject);
  const next = mergePatch(kept, applied) as JsonObject;
  const changed = changedFields(current, next);
  if (!force) checkConflicts(entries, write.manager, changed);
  const claim = { set, present: fieldsOf(next) };
  const owners = claimFields(others, write, { ...claim, set: changed }).filter(
    (entry) => !isMine(entry),
  );
  return { next, managedFields: [...claimFields([], write, claim), ...owners] };
}

function checkConflicts(
  entries: readonly JsonObject[],
  manager: string,
  changed: JsonObject,
): void {
  const conflicts = conflictingManagers(entries, manager, changed);
  if (conflicts.length === 0) return;
  const causes = conflicts.map((other) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${JSON.stringify(other.manager)} using ${other.apiVersion}`,
    field: other.field,
  }));
  const said = causes.map((cause) => `${cause.message}: ${cause.field}`).join(", ");
  const count = `${causes.length} conflict${causes.length === 1 ? "" : "s"}`;
  throw new ApiStatus(409, "Conflict", `Apply failed with ${count}: ${said}`, {
    details: { causes },
  });
}

function without(value: Json, fields: JsonObject): Json {
  if (!isObject(value)) return value;
  const kept = membersOf(value).flatMap(([key, item]) => {
    const field = fields[`f:${key}`];
    if (!isObject(field)) return [[key, item] as const];
    const inner = membersOf(field).filter(([name]) => name !== ".");
    if (inner.length === 0) return [];
    return [[key, without(item, field)] as const];
  });
  return Object.fromEntries(kept);
}
