/** The scale subresource: replicas of a workload, in the form of autoscaling/v1 Scale. */
import {
  type ApiResponse,
  objectResponse,
  type ResourceRequest,
  type ServerContext,
} from "./api-call.ts";
import { notFound } from "./api-status.ts";
import { child, isObject, type Json, type JsonObject } from "./json.ts";
import type { ScalePaths } from "./kind-catalog.ts";
import { writeBuiltIn } from "./object-form.ts";
import { patched } from "./patch.ts";
import { selectorText } from "./selectors.ts";
import { replaced } from "./update.ts";
import {
  contentType,
  currentVersion,
  fieldWrite,
  objectOf,
  parseBody,
  writeMode,
} from "./write-call.ts";

const workloadPaths: ScalePaths = { spec: "spec.replicas", status: "status.replicas" };

function at(object: JsonObject, path: string): Json | undefined {
  return path
    .split(".")
    .reduce<Json | undefined>((value, key) => (isObject(value) ? value[key] : undefined), object);
}

function withValue(object: JsonObject, [key, ...rest]: readonly string[], value: Json): JsonObject {
  if (key === undefined) return object;
  return {
    ...object,
    [key]: rest.length === 0 ? value : withValue(child(object, key), rest, value),
  };
}

function scaleOf(object: JsonObject, paths: ScalePaths, custom: boolean): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = child(object, "metadata");
  const replicas = Number(at(object, paths.spec) ?? 0);
  const selector = custom ? "" : selectorText(child(child(object, "spec"), "selector"));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: replicas === 0 ? undefined : replicas },
    status: {
      replicas: Number(at(object, paths.status) ?? 0),
      selector: selector === "" ? undefined : selector,
    },
  } as JsonObject;
}

/** GET, PUT and PATCH of `/scale`. */
export function scale(context: ServerContext, request: ResourceRequest, verb: string): ApiResponse {
  const { kind, name } = request;
  const paths = context.catalog.scalePaths(kind) ?? workloadPaths;
  const before = currentVersion(context, request);
  if (before === undefined) throw notFound(kind, name);
  const object = objectOf(kind, before);
  const shown = scaleOf(object, paths, kind.custom);
  if (verb === "get") return answerOf(shown);
  const { dryRun, manager } = writeMode(request, "UpdateOptions");
  const asked =
    verb === "update" ? parseBody(request) : patched(request, contentType(request), shown);
  const replicas = isObject(asked) ? (child(asked, "spec")["replicas"] ?? 0) : 0;
  const next = withValue(object, paths.spec.split("."), replicas);
  const write = fieldWrite(context, request, manager);
  const outcome = replaced(context, request, { before, next, write, dryRun });
  const after = outcome.version === undefined ? outcome.object : objectOf(kind, outcome.version);
  return answerOf(scaleOf(after, paths, kind.custom));
}

function answerOf(document: JsonObject): ApiResponse {
  return objectResponse(200, Buffer.from(writeBuiltIn(document)));
}
