/** LIST: pages, past revisions, continue tokens, selectors. */
import type { ApiResponse, ResourceRequest, ServerContext } from "./api-call.ts";
import {
  badRequest,
  continueTooOld,
  invalidOptions,
  revisionTooLarge,
  revisionTooOld,
} from "./api-status.ts";
import { decodeContinue, encodeContinue, followingKey } from "./continue-token.ts";
import { groupVersion, type ServedKind } from "./kinds.ts";
import { listForm } from "./object-form.ts";
import { parseSelection } from "./selectors.ts";
import { keyOf, type Table, type Version } from "./store.ts";

interface Page {
  readonly revision: number;
  readonly items: readonly Version[];
  readonly continueToken?: string;
  readonly remaining?: number;
}

interface Start {
  readonly revision: number;
  readonly from: string;
  /** The token asked for; absent on a first page. */
  readonly token?: string;
  /** Served from the cache of the real server, which knows no pages. */
  readonly wholeAtOnce: boolean;
}

/** Query numbers as the server reads them. */
export function revisionParameter(query: URLSearchParams): number | undefined {
  const value = query.get("resourceVersion") ?? "";
  if (value === "") return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw badRequest(`invalid resource version: resourceVersion: Invalid value: "${value}"`);
}

function checkMatch(query: URLSearchParams): void {
  const match = query.get("resourceVersionMatch") ?? "";
  if (match === "") return;
  const refuse = (message: string, reason = "FieldValueForbidden") =>
    invalidOptions("ListOptions", { reason, message, field: "resourceVersionMatch" });
  const revision = query.get("resourceVersion") ?? "";
  if ((query.get("continue") ?? "") !== "") {
    throw refuse("Forbidden: resourceVersionMatch is forbidden when continue is provided");
  }
  if (revision === "") {
    throw refuse("Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (match !== "Exact" && match !== "NotOlderThan") {
    const message = `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`;
    throw refuse(message, "FieldValueNotSupported");
  }
  if (match === "Exact" && revision === "0") {
    throw refuse('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}

function limitParameter(query: URLSearchParams): number {
  const value = query.get("limit") ?? "";
  if (value === "") return Number.POSITIVE_INFINITY;
  if (!/^-?\d+$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value) > 0 ? Number(value) : Number.POSITIVE_INFINITY;
}

function startOf(query: URLSearchParams, table: Table, prefix: string): Start {
  checkMatch(query);
  const { etcd } = table;
  const asked = revisionParameter(query);
  const token = query.get("continue") ?? "";
  if (token !== "") return continued(token, asked, table, prefix);
  const newest = { revision: etcd.revision, from: "", wholeAtOnce: false };
  if (asked === undefined) return newest;
  if (asked > etcd.revision) throw revisionTooLarge(asked, etcd.revision);
  if (asked === 0 || query.get("resourceVersionMatch") === "NotOlderThan") {
    return { ...newest, wholeAtOnce: asked === 0 };
  }
  const exact = query.get("resourceVersionMatch") === "Exact" || query.has("limit");
  if (!exact) return newest;
  if (asked < etcd.compacted) throw revisionTooOld();
  return { revision: asked, from: "", wholeAtOnce: false };
}

function continued(token: string, asked: number | undefined, table: Table, prefix: string): Start {
  if (asked !== undefined && asked !== 0) {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  const { revision, from } = decodeContinue(token, prefix);
  const { etcd } = table;
  const at = revision < 0 ? etcd.revision : revision;
  if (at < etcd.compacted) {
    throw continueTooOld(encodeContinue({ revision: -1, from }, prefix));
  }
  if (at > etcd.revision) throw revisionTooLarge(at, etcd.revision);
  return { revision: at, from, token, wholeAtOnce: false };
}

function readPage(request: ResourceRequest, table: Table): Page {
  const { kind, namespace, query } = request;
  const prefix = namespace === "" ? "" : `${namespace}/`;
  const { matches, selective } = parseSelection(kind, query);
  const start = startOf(query, table, prefix);
  const limit = start.wholeAtOnce ? Number.POSITIVE_INFINITY : limitParameter(query);
  const { revision } = start;
  const items: Version[] = [];
  for (const version of table.scan({ prefix, from: start.from, revision })) {
    if (selective && !matches(version)) continue;
    if (items.length === limit) {
      const last = items.at(-1) as Version;
      const from = followingKey(keyOf(last.namespace, last.name));
      const continueToken = encodeContinue({ revision, from }, prefix);
      if (selective) return { revision, items, continueToken };
      return { revision, items, continueToken, remaining: table.count({ prefix, from, revision }) };
    }
    items.push(version);
  }
  return { revision, items };
}

export function list(context: ServerContext, request: ResourceRequest): ApiResponse {
  const { kind } = request;
  const page = readPage(request, context.store.table(kind.storage));
  const { before, after } = kind.custom ? customFrame(kind, page) : builtInFrame(kind, page);
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: listBytes(kind, page.items, { before, after, chunkBytes: context.chunkBytes }),
  };
}

interface Frame {
  readonly before: string;
  readonly after: string;
}

function builtInFrame(kind: ServedKind, page: Page): Frame {
  const metadata = {
    resourceVersion: String(page.revision),
    continue: page.continueToken,
    remainingItemCount: page.remaining,
  };
  const head = { kind: kind.listKind, apiVersion: groupVersion(kind), metadata };
  return { before: `${JSON.stringify(head).slice(0, -1)},"items":[`, after: "]}\n" };
}

function customFrame(kind: ServedKind, page: Page): Frame {
  const metadata = {
    continue: page.continueToken ?? "",
    remainingItemCount: page.remaining,
    resourceVersion: String(page.revision),
  };
  const tail = JSON.stringify({ kind: kind.listKind, metadata });
  return {
    before: `{"apiVersion":${JSON.stringify(groupVersion(kind))},"items":[`,
    after: `],${tail.slice(1)}\n`,
  };
}

/** The body in chunks of about `chunkBytes`; small chunks let tests cut items anywhere. */
function* listBytes(
  kind: ServedKind,
  items: readonly Version[],
  { before, after, chunkBytes }: Frame & { readonly chunkBytes: number },
): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  function* append(bytes: Buffer): Generator<Buffer> {
    let offset = 0;
    while (offset < bytes.length) {
      const copied = bytes.copy(chunk, filled, offset);
      offset += copied;
      filled += copied;
      if (filled === chunk.length) {
        yield chunk;
        chunk = Buffer.allocUnsafe(chunkBytes);
        filled = 0;
      }
    }
  }
  yield* append(Buffer.from(before));
  const comma = Buffer.from(",");
  for (const [index, version] of items.entries()) {
    if (index > 0) yield* append(comma);
    yield* append(listForm(kind, version));
  }
  yield* append(Buffer.from(after));
  if (filled > 0) yield chunk.subarray(0, filled);
}
