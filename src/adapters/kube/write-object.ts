import type { RawObject } from "../../api/raw-object.ts";
import { containsJson } from "../../lib/contains-json.ts";
import { decodeJson } from "../../lib/json-text.ts";
import {
  ApiError,
  type ObjectRef,
  type PatchType,
  type WriteOptions,
} from "../../ports/cluster.ts";
import type { CallContext } from "./call-context.ts";
import { type Intent, toIntent } from "./intent.ts";
import { getObject, toRawObject } from "./read-object.ts";
import { resourcePath, withQuery } from "./resource-path.ts";
import { retrying } from "./retry.ts";
import { withoutServerOwned } from "./server-owned.ts";
import type { ApiRequest } from "./transport.ts";
import { wasNeverSent } from "./unreachable.ts";

export interface SubresourceWrite extends WriteOptions {
  readonly subresource?: string;
}

export interface PatchWrite extends SubresourceWrite {
  readonly force?: boolean;
}

export interface RemoveOptions extends WriteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
}

const patchContentType: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  // JSON is YAML.
  apply: "application/apply-patch+yaml",
};

/**
 * Whether the server may have done what it did not confirm: the connection broke after the request
 * was sent, or something on the way gave up. 429 is a refusal, and so is a clear 4xx.
 */
export function isAmbiguous(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status } = error.api;
  return status >= 500 || (status === 0 && !wasNeverSent(error));
}

/**
 * POST. After an attempt without a clear answer the object is read before it is sent again: one
 * that holds all that was sent is taken for the created one (then both outcomes are the same
 * object), another one is ARK_API_CONFLICT with reason AlreadyExists. Without a name there is
 * nothing to read, so that such an attempt is final.
 */
export async function createObject(
  context: CallContext,
  ref: ObjectRef,
  body: Uint8Array,
  options: WriteOptions,
): Promise<RawObject> {
  const { signal, dryRun = false } = options;
  const intent = toIntent("create", ref.kind, ref);
  const path = resourcePath(ref.kind, { namespace: ref.namespace });
  const request = writeRequest(intent, "POST", path, body, options);
  let inDoubt = false;
  const attempt = async (): Promise<RawObject> => {
    const found = inDoubt ? await getObject(context, ref, signal) : undefined;
    if (found !== undefined && holdsAll(found, body)) return found;
    return send(context, request, signal);
  };
  const mayRepeat = (error: unknown): boolean => {
    if (dryRun || !isAmbiguous(error)) return true;
    inDoubt = true;
    return ref.name !== "";
  };
  try {
    return await retrying({ ...context, signal }, attempt, mayRepeat);
  } catch (error) {
    if (!inDoubt || ref.name === "" || signal.aborted) throw error;
    const found = await getObject(context, ref, signal).catch(() => undefined);
    if (found !== undefined && holdsAll(found, body)) return found;
    throw error;
  }
}

function holdsAll(found: RawObject, body: Uint8Array): boolean {
  const sent = decodeJson(Buffer.from(body).toString()) as unknown;
  return containsJson(decodeJson(found.bytes.toString()), withoutServerOwned(sent));
}

/**
 * PATCH. Merge, strategic and apply patches say what shall be and are repeated; a JSON patch says
 * what to do, so one without a clear answer is final.
 */
export function patchObject(
  context: CallContext,
  ref: ObjectRef,
  type: PatchType,
  body: Uint8Array,
  options: PatchWrite,
): Promise<RawObject> {
  const target = targetOf(ref, options);
  const intent = toIntent("patch", ref.kind, target);
  const request = {
    ...writeRequest(intent, "PATCH", resourcePath(ref.kind, target), body, options),
    contentType: patchContentType[type],
  };
  const mayRepeat = (error: unknown): boolean =>
    type !== "json" || options.dryRun === true || !isAmbiguous(error);
  return retrying(
    { ...context, signal: options.signal },
    () => send(context, request, options.signal),
    mayRepeat,
  );
}

/**
 * PUT, repeated until there is a clear answer. With a resourceVersion in `body` a conflict may
 * then mean that an earlier attempt of this very call succeeded: read the object to find out.
 */
export function replaceObject(
  context: CallContext,
  ref: ObjectRef,
  body: Uint8Array,
  options: SubresourceWrite,
): Promise<RawObject> {
  const target = targetOf(ref, options);
  const intent = toIntent("update", ref.kind, target);
  const request = writeRequest(intent, "PUT", resourcePath(ref.kind, target), body, options);
  return retrying({ ...context, signal: options.signal }, () =>
    send(context, request, options.signal),
  );
}

/** DELETE, repeated until there is a clear answer; false when there was nothing to delete. */
export async function removeObject(
  context: CallContext,
  ref: ObjectRef,
  options: RemoveOptions,
): Promise<boolean> {
  const { signal, uid, resourceVersion, propagation = "Background", dryRun = false } = options;
  const { fence } = options;
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  const intent = toIntent("delete", ref.kind, ref);
  const body = JSON.stringify({
    kind: "DeleteOptions",
    apiVersion: "v1",
    propagationPolicy: propagation,
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(dryRun ? { dryRun: ["All"] } : {}),
  });
  const request: ApiRequest = {
    intent,
    method: "DELETE",
    path: resourcePath(ref.kind, ref),
    contentType: "application/json",
    body: Buffer.from(body),
    ...(fence === undefined ? {} : { fence }),
  };
  let inDoubt = false;
  try {
    await retrying(
      { ...context, signal },
      () => context.transport.exchange(request, context.callGate, signal),
      (error) => {
        inDoubt ||= isAmbiguous(error);
        return true;
      },
    );
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.api.status === 404) return inDoubt;
    throw error;
  }
}

function targetOf(ref: ObjectRef, options: SubresourceWrite) {
  const { namespace, name } = ref;
  const { subresource } = options;
  return { namespace, name, ...(subresource === undefined ? {} : { subresource }) };
}

function writeRequest(
  intent: Intent,
  method: ApiRequest["method"],
  path: string,
  body: Uint8Array,
  options: PatchWrite,
): ApiRequest {
  return {
    intent,
    method,
    path: withQuery(path, {
      dryRun: options.dryRun === true ? "All" : undefined,
      fieldManager: options.fieldManager,
      force: options.force === true ? "true" : undefined,
    }),
    contentType: "application/json",
    body,
    ...(options.fence === undefined ? {} : { fence: options.fence }),
  };
}

async function send(
  context: CallContext,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<RawObject> {
  const answer = await context.transport.exchange(request, context.callGate, signal);
  return toRawObject(answer.bytes, request.intent);
}
