/** What creates, replaces and patches share: reading the body, options, the commit. */
import { load as loadYaml } from "js-yaml";
import { nowText, type ResourceRequest, type ServerContext } from "./api-call.ts";
import { badRequest, invalidOptions, unsupportedMediaType } from "./api-status.ts";
import { isObject, type Json, type JsonObject, parseJson, sameJson, text } from "./json.ts";
import { groupVersion, type ServedKind } from "./kinds.ts";
import {
  changedFields,
  claimFields,
  entriesOf,
  type FieldWrite,
  fieldsOf,
} from "./managed-fields.ts";
import { toVersion, withMetadata } from "./object-form.ts";
import { keyOf, type Version } from "./store.ts";

export interface WriteMode {
  readonly dryRun: boolean;
  readonly manager: string;
}

export function contentType(request: ResourceRequest): string {
  return (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim() ?? "";
}

/** Parses JSON, or YAML where the content type says so. Throws 400. */
export function parseBody(request: ResourceRequest): Json {
  const source = request.body.toString();
  try {
    return parseJson(source);
  } catch (error) {
    if (contentType(request).endsWith("yaml")) return loadYaml(source) as Json;
    const why = error instanceof Error ? error.message : String(error);
    const { kind } = request.kind;
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}`);
  }
}

const accepted = ["application/json", "application/yaml"];

/** The object in the body of a POST or PUT, with kind and apiVersion checked. */
export function objectBody(request: ResourceRequest): JsonObject {
  if (!accepted.includes(contentType(request))) throw unsupportedMediaType(accepted);
  const value = parseBody(request);
  if (!isObject(value)) throw badRequest("the object provided is unrecognized");
  checkType(request.kind, value);
  return value;
}

export function checkType(kind: ServedKind, object: JsonObject): void {
  const wanted = groupVersion(kind);
  const given = text(object["apiVersion"]);
  const givenKind = text(object["kind"]);
  if (kind.custom && (given === "" || givenKind === "")) {
    const missing = givenKind === "" ? "Kind" : "apiVersion";
    throw badRequest(`the object provided is unrecognized: Object '${missing}' is missing`);
  }
  if (given !== "" && given !== wanted) {
    throw badRequest(
      `the API version in the data (${given}) does not match the expected API version (${wanted})`,
    );
  }
  if (givenKind !== "" && givenKind !== kind.kind) {
    throw badRequest(`${givenKind} in version "${given}" cannot be handled as a ${kind.kind}`);
  }
}

export function writeMode(request: ResourceRequest, optionsKind: string): WriteMode {
  const dryRun = request.query.getAll("dryRun");
  if (dryRun.some((value) => value !== "All")) {
    const message = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`;
    throw invalidOptions(optionsKind, {
      reason: "FieldValueNotSupported",
      message,
      field: "dryRun",
    });
  }
  const agent = (request.headers["user-agent"] ?? "unknown").split("/")[0] ?? "unknown";
  return { dryRun: dryRun.length > 0, manager: request.query.get("fieldManager") ?? agent };
}

export function currentVersion(
  context: ServerContext,
  request: Pick<ResourceRequest, "kind" | "namespace" | "name">,
): Version | undefined {
  return context.store.table(request.kind.storage).get(keyOf(request.namespace, request.name));
}

/** The object of a stored version, as the version of `kind` shows it. */
export function objectOf(kind: ServedKind, version: Version): JsonObject {
  const object = parseJson(version.bytes.toString()) as JsonObject;
  return { kind: kind.kind, apiVersion: groupVersion(kind), ...object, ...typeOf(kind) };
}

function typeOf(kind: ServedKind): JsonObject {
  return { kind: kind.kind, apiVersion: groupVersion(kind) };
}

/** Puts the writer of what differs between the two into `metadata.managedFields`. */
export function ownChanges(before: JsonObject, after: JsonObject, write: FieldWrite): JsonObject {
  const claim = { set: changedFields(before, after), present: fieldsOf(after) };
  const entries = claimFields(entriesOf(after), write, claim);
  return withMetadata(after, { managedFields: entries.length === 0 ? undefined : entries });
}

export function fieldWrite(
  context: ServerContext,
  request: ResourceRequest,
  manager: string,
): FieldWrite {
  return {
    manager,
    operation: "Update",
    apiVersion: groupVersion(request.kind),
    time: nowText(context.clock),
    subresource: request.subresource,
  };
}

/** Stores the object under the next revision, unless it is a dry run; answers what was stored. */
export function commit(
  context: ServerContext,
  kind: ServedKind,
  object: JsonObject,
  dryRun: boolean,
): Version {
  const table = context.store.table(kind.storage);
  const revision = table.etcd.revision + 1;
  const stored = withMetadata(object, { resourceVersion: String(revision) });
  const version = toVersion(kind, stored, revision);
  if (!dryRun) table.put(version);
  return version;
}

/** Equal but for who wrote it and when. */
export function sameButForManagers(before: JsonObject, after: JsonObject): boolean {
  const bare = (object: JsonObject) => withMetadata(object, { managedFields: undefined });
  return sameJson(bare(before), bare(after)) && sameManagers(before, after);
}

function sameManagers(before: JsonObject, after: JsonObject): boolean {
  const timeless = (object: JsonObject) =>
    entriesOf(object).map(({ time: _time, ...entry }) => entry) as unknown as Json;
  return sameJson(timeless(before), timeless(after));
}
