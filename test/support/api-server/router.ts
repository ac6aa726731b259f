/** From one HTTP request to the handler that answers it. */
import {
  type AccessQuestion,
  type Authenticator,
  type Authoriser,
  impersonated,
  type User,
  verbOf,
} from "./access.ts";
import { accessReview, rulesReview } from "./access-review.ts";
import {
  type ApiRequest,
  type ApiResponse,
  jsonResponse,
  type ResourceRequest,
  type ServerContext,
} from "./api-call.ts";
import {
  ApiStatus,
  forbidden,
  methodNotAllowed,
  statusBody,
  unauthorized,
  unknownResource,
} from "./api-status.ts";
import { create } from "./create.ts";
import {
  aggregatedDiscovery,
  aggregatedType,
  coreVersions,
  groupList,
  oneGroup,
  resourceList,
  wantsAggregated,
} from "./discovery.ts";
import { admitExec } from "./exec.ts";
import { get } from "./get.ts";
import type { ServedKind } from "./kinds.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { remove, removeCollection } from "./remove.ts";
import { type GroupPath, resolvePath, splitGroup } from "./resource-path.ts";
import { scale } from "./scale.ts";
import { update } from "./update.ts";
import { watch } from "./watch.ts";

export interface RouterOptions {
  readonly authenticate: Authenticator;
  readonly authorise: Authoriser;
  /** Called after each request that may have changed something. */
  readonly afterWrite: (storage: string) => void;
  readonly execAsksCreate: boolean;
}

type Handler = (context: ServerContext, request: ResourceRequest) => ApiResponse;

/** Handlers by verb; a subresource has its own. */
const handlers: Readonly<Record<string, Handler>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

export async function route(
  context: ServerContext,
  options: RouterOptions,
  request: ApiRequest,
): Promise<ApiResponse> {
  try {
    return answer(context, options, request);
  } catch (error) {
    if (!(error instanceof ApiStatus)) throw error;
    return refusal(error);
  }
}

export function refusal(status: ApiStatus): ApiResponse {
  const headers = { "content-type": "application/json", ...status.extras.headers };
  return { status: status.code, headers, body: statusBody(status) };
}

function plain(status: number, body: string): ApiResponse {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { status, headers, body: Buffer.from(body) };
}

function answer(context: ServerContext, options: RouterOptions, request: ApiRequest): ApiResponse {
  const authenticated = options.authenticate({ headers: request.headers });
  if (authenticated === undefined) throw unauthorized();
  const user = impersonated(authenticated, request.headers);
  const { pathname, searchParams } = new URL(request.target, "http://localhost");
  const special = specialPath(context, pathname, request);
  if (special !== undefined) return special;
  const path = splitGroup(pathname);
  if (path === undefined) return plain(404, "404 page not found\n");
  if (context.catalog.unreachable(path.group, path.version) !== undefined) {
    return plain(503, "service unavailable\n");
  }
  const discovered = discoveryPath(context, path);
  if (discovered !== undefined) return discovered;
  if (!groupServed(context, path)) return plain(404, "404 page not found\n");
  return resourceAnswer(context, options, {
    request,
    path,
    user,
    query: searchParams,
  });
}

function specialPath(
  context: ServerContext,
  pathname: string,
  request: ApiRequest,
): ApiResponse | undefined {
  const { catalog } = context;
  switch (pathname.replace(/\/$/, "")) {
    case "/readyz":
    case "/livez":
    case "/healthz":
      return plain(200, "ok");
    case "/version":
      return jsonResponse(200, Buffer.from(JSON.stringify(version)));
    case "/openapi/v3":
      return jsonResponse(200, Buffer.from('{"paths":{}}'));
    case "/openapi/v2":
      return jsonResponse(200, Buffer.from(JSON.stringify(emptySwagger)));
    case "/api":
      return aggregated(request)
        ? aggregatedAnswer(aggregatedDiscovery(catalog, true))
        : jsonResponse(200, coreVersions());
    case "/apis":
      return aggregated(request)
        ? aggregatedAnswer(aggregatedDiscovery(catalog, false))
        : jsonResponse(200, groupList(catalog));
    default:
      return undefined;
  }
}

const version = {
  major: "1",
  minor: "34",
  gitVersion: "v1.34.4",
  gitCommit: "in-memory",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
};

const emptySwagger = {
  swagger: "2.0",
  info: { title: "Kubernetes", version: version.gitVersion },
  paths: {},
  definitions: {},
};

function aggregated(request: ApiRequest): boolean {
  return wantsAggregated(request.headers["accept"] ?? "");
}

function aggregatedAnswer(body: Buffer): ApiResponse {
  return { status: 200, headers: { "content-type": aggregatedType }, body };
}

function discoveryPath(context: ServerContext, path: GroupPath): ApiResponse | undefined {
  if (path.rest.length > 0) return undefined;
  const found =
    path.version === ""
      ? oneGroup(context.catalog, path.group)
      : resourceList(context.catalog, path.group, path.version);
  return found === undefined ? undefined : jsonResponse(200, found);
}

function groupServed(context: ServerContext, { group, version }: GroupPath): boolean {
  const same = (kind: { group: string; version: string }) =>
    kind.group === group && kind.version === version;
  return context.catalog.kinds().some(same);
}

interface ResourceCall {
  readonly request: ApiRequest;
  readonly path: GroupPath;
  readonly user: User;
  readonly query: URLSearchParams;
}

function resourceAnswer(
  context: ServerContext,
  options: RouterOptions,
  { request, path, user, query }: ResourceCall,
): ApiResponse {
  const { kind, namespace, name, subresource, watch } = resolvePath(context.catalog, path);
  const verb = watch ? "watch" : verbOf(request.method, name, query);
  const { headers, body, signal } = request;
  const call = { kind, namespace, name, subresource, query, headers, body, user, signal };
  const { group, version, resource } = kind;
  const question: AccessQuestion = {
    user,
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
  };
  const alsoCreate = subresource === "exec" && options.execAsksCreate;
  for (const asked of alsoCreate ? [verb, "create"] : [verb]) {
    if (options.authorise({ ...question, verb: asked })) continue;
    const named = subresource === "" ? {} : { subresource };
    throw forbidden({ user: user.name, verb: asked, kind, namespace, name, ...named });
  }
  const answered = objectAnswer(context, options, call, verb);
  if (!["get", "list", "watch"].includes(verb)) options.afterWrite(kind.storage);
  return answered;
}

function objectAnswer(
  context: ServerContext,
  options: RouterOptions,
  call: ResourceRequest,
  verb: string,
): ApiResponse {
  const { kind, namespace, name, subresource } = call;
  if (subresource !== "") return subresourceAnswer(context, call, verb);
  const review = verb === "create" ? reviewAnswer(options, call) : undefined;
  if (review !== undefined) return review;
  const scoped = !kind.namespaced || namespace !== "" || ["list", "watch"].includes(verb);
  const handler = handlers[verb];
  if (handler === undefined || !allows(kind, verb) || !scoped) throw methodNotAllowed();
  if (verb === "create" && name !== "") throw methodNotAllowed();
  return handler(context, call);
}

/** A kind whose definition is being deleted names fewer verbs, but finalizers can be removed. */
function allows(kind: ServedKind, verb: string): boolean {
  return kind.verbs.includes(verb) || (kind.custom && ["create", "patch", "update"].includes(verb));
}

function reviewAnswer(options: RouterOptions, call: ResourceRequest): ApiResponse | undefined {
  if (call.kind.resource === "selfsubjectaccessreviews") {
    return accessReview(options.authorise, call);
  }
  if (call.kind.resource === "selfsubjectrulesreviews") {
    return rulesReview(options.authorise, call);
  }
  return undefined;
}

const writable = new Set(["status", "finalize", "approval", "resize", "ephemeralcontainers"]);

/** Subresources that run something (proxy, token, ...) are named by discovery only. */
function subresourceAnswer(
  context: ServerContext,
  call: ResourceRequest,
  verb: string,
): ApiResponse {
  const sub = call.kind.subresources.find((candidate) => candidate.name === call.subresource);
  if (sub === undefined) throw unknownResource();
  if (!sub.verbs.includes(verb)) throw methodNotAllowed();
  if (sub.name === "exec") return admitExec(context, call);
  if (sub.name === "scale") return scale(context, call, verb);
  if (!writable.has(sub.name)) throw methodNotAllowed();
  if (verb === "get") return get(context, call);
  return verb === "update" ? update(context, call) : patch(context, call);
}
