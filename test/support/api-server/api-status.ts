/** Refusals of the API server, as `Status` objects. */
import { type Json, type JsonObject, writeJson } from "./json.ts";
import { qualified, type ServedKind } from "./kinds.ts";

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface StatusExtras {
  readonly details?: StatusDetails;
  /** Stands in `metadata.continue`: where an expired list may go on. */
  readonly continueToken?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by handlers; the router renders it. */
export class ApiStatus extends Error {
  readonly code: number;
  readonly reason: string;
  readonly extras: StatusExtras;

  constructor(code: number, reason: string, message: string, extras: StatusExtras = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.extras = extras;
  }
}

const keepOrder = () => undefined;

export function statusBody(status: ApiStatus): Buffer {
  const { details, continueToken } = status.extras;
  const body: JsonObject = {
    kind: "Status",
    apiVersion: "v1",
    metadata: continueToken === undefined ? {} : { continue: continueToken },
    status: "Failure",
    message: status.message,
    reason: status.reason === "" ? undefined : status.reason,
    details: details === undefined ? undefined : detailsJson(details),
    code: status.code,
  };
  return Buffer.from(`${writeJson(body, keepOrder)}\n`);
}

function detailsJson(details: StatusDetails): Json {
  const { name, group, kind, uid, causes, retryAfterSeconds } = details;
  return {
    name: name || undefined,
    group: group || undefined,
    kind: kind || undefined,
    uid: uid || undefined,
    causes: causes as unknown as Json,
    retryAfterSeconds,
  } as JsonObject;
}

/** What a delete answers when the object is gone. */
export function deletedBody(kind: ServedKind, name: string, uid: string): Buffer {
  const details = detailsJson({ name, group: kind.group, kind: kind.resource, uid });
  const body = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  return Buffer.from(`${writeJson(body, keepOrder)}\n`);
}

function about(kind: ServedKind, name: string): StatusDetails {
  return { name, group: kind.group, kind: kind.resource };
}

export function notFound(kind: ServedKind, name: string): ApiStatus {
  const message = `${qualified(kind)} ${JSON.stringify(name)} not found`;
  return new ApiStatus(404, "NotFound", message, { details: about(kind, name) });
}

export function unknownResource(): ApiStatus {
  const message = "the server could not find the requested resource";
  return new ApiStatus(404, "NotFound", message, { details: {} });
}

export function alreadyExists(kind: ServedKind, name: string): ApiStatus {
  const message = `${qualified(kind)} ${JSON.stringify(name)} already exists`;
  return new ApiStatus(409, "AlreadyExists", message, { details: about(kind, name) });
}

export function conflict(kind: ServedKind, name: string, why: string): ApiStatus {
  const message = `Operation cannot be fulfilled on ${qualified(kind)} ${JSON.stringify(name)}: ${why}`;
  return new ApiStatus(409, "Conflict", message, { details: about(kind, name) });
}

export const modifiedMeanwhile =
  "the object has been modified; please apply your changes to the latest version and try again";

export function badRequest(message: string): ApiStatus {
  return new ApiStatus(400, "BadRequest", message);
}

export function methodNotAllowed(): ApiStatus {
  const message = "the server does not allow this method on the requested resource";
  return new ApiStatus(405, "MethodNotAllowed", message, { details: {} });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiStatus {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new ApiStatus(415, "UnsupportedMediaType", message);
}

export interface InvalidSubject {
  readonly kind: string;
  readonly group: string;
  readonly name: string;
}

export function invalidSubject(kind: ServedKind, name: string): InvalidSubject {
  return { kind: kind.kind, group: kind.group, name };
}

export function invalid(subject: InvalidSubject, causes: readonly StatusCause[]): ApiStatus {
  const { kind, group, name } = subject;
  const what = group === "" ? kind : `${kind}.${group}`;
  const said = causes.map((cause) => `${cause.field ?? ""}: ${cause.message}`);
  const list = said.length === 1 ? said[0] : `[${said.join(", ")}]`;
  const message = `${what} ${JSON.stringify(name)} is invalid: ${list}`;
  return new ApiStatus(422, "Invalid", message, { details: { name, group, kind, causes } });
}

export function invalidOptions(optionsKind: string, cause: StatusCause): ApiStatus {
  return invalid({ kind: optionsKind, group: "meta.k8s.io", name: "" }, [cause]);
}

export interface Attempt {
  readonly user: string;
  readonly verb: string;
  readonly kind: { readonly group: string; readonly resource: string };
  readonly subresource?: string;
  readonly namespace: string;
  readonly name: string;
}

export function forbidden(attempt: Attempt): ApiStatus {
  const { user, verb, kind, subresource, namespace, name } = attempt;
  const path = subresource === undefined ? kind.resource : `${kind.resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const subject = name === "" ? qualified(kind) : `${qualified(kind)} ${JSON.stringify(name)}`;
  const message = `${subject} is forbidden: User "${user}" cannot ${verb} resource "${path}" in API group "${kind.group}" ${where}`;
  const details = { name, group: kind.group, kind: kind.resource };
  return new ApiStatus(403, "Forbidden", message, { details });
}

export function unauthorized(): ApiStatus {
  return new ApiStatus(401, "Unauthorized", "Unauthorized");
}

const retrySoon = { "retry-after": "1" };

export function revisionTooLarge(asked: number, current: number): ApiStatus {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return new ApiStatus(504, "Timeout", message, {
    details: { causes, retryAfterSeconds: 1 },
    headers: retrySoon,
  });
}

export function revisionTooOld(): ApiStatus {
  const message = "the resourceVersion asked for is too old";
  return new ApiStatus(410, "Expired", message);
}

export function continueTooOld(continueToken: string): ApiStatus {
  const message =
    "the continue token is too old for a consistent list: start anew, or go on, at another revision, with the token of this answer";
  return new ApiStatus(410, "Expired", message, { continueToken });
}

export function watchTooOld(asked: number, oldest: number): ApiStatus {
  return new ApiStatus(410, "Expired", `too old resource version: ${asked} (${oldest})`);
}

/** What a fault of the given HTTP status looks like. */
export function faultStatus(code: number, retryAfterSeconds?: number): ApiStatus {
  const known: Readonly<Record<number, readonly [string, string]>> = {
    401: ["Unauthorized", "Unauthorized"],
    429: [
      "TooManyRequests",
      "the server has received too many requests and has asked us to try again later",
    ],
    500: ["InternalError", "Internal error occurred: injected fault"],
    503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
    504: ["Timeout", "the server was unable to return a response in the time allotted"],
  };
  const [reason, message] = known[code] ?? ["", `injected fault with status ${code}`];
  if (retryAfterSeconds === undefined) return new ApiStatus(code, reason, message);
  const headers = { "retry-after": String(retryAfterSeconds) };
  return new ApiStatus(code, reason, message, { details: { retryAfterSeconds }, headers });
}
