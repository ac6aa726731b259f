import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { backupStorageLocationKind } from "../../api/backup-storage-location.ts";
import type { LocationStores } from "../../controllers/controller-context.ts";
import { readKind } from "../../controllers/read-kind.ts";
import {
  checkSignature,
  parseSignedPath,
  type SignedPath,
} from "../../domain/downloads/signed-path.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import type { DownloadKeys } from "./download-keys.ts";

export interface ServingParts {
  readonly keys: DownloadKeys;
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Nothing is written through them. */
  readonly stores: LocationStores;
  readonly clock: Clock;
  readonly log: Log;
}

/** Files that are read at once by one replica. */
const maxAtOnce = 16;

/** Why a request is not answered with a file. */
interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** Answers a GET or HEAD of a signed path with exactly that file. Never rejects. */
export function createServing(
  parts: ServingParts,
): (request: IncomingMessage, response: ServerResponse, abort: AbortSignal) => Promise<void> {
  let atOnce = 0;
  return async (request, response, abort) => {
    request.resume();
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, abort]);
    const isOver = (): boolean => response.destroyed || signal.aborted;
    try {
      const asked = await admitted(request, parts, signal);
      if ("status" in asked) return refuse(response, asked);
      if (atOnce >= maxAtOnce) return refuse(response, busy);
      atOnce += 1;
      try {
        const refusal = await hand(asked, request.method === "HEAD", response, parts, signal);
        if (refusal !== undefined) refuse(response, refusal);
      } finally {
        atOnce -= 1;
      }
    } catch (thrown) {
      if (isOver()) return void response.destroy();
      const error = toArkError(thrown);
      parts.log.write("warn", "download failed", { error });
      // A body that has begun is cut off: its length tells the reader that it is not whole.
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 502, text: error.message });
    }
  };
}

const busy: Refusal = {
  status: 503,
  text: "too many downloads at once, try again in some seconds",
};
const notFound: Refusal = { status: 404, text: "there is no such file" };

async function admitted(
  { method, url = "" }: IncomingMessage,
  { keys, clock }: ServingParts,
  signal: AbortSignal,
): Promise<SignedPath | Refusal> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, text: "GET or HEAD only" };
  const asked = parseSignedPath(url);
  if (asked === undefined) return { status: 403, text: "not a signed URL of this server" };
  const check = () => checkSignature(asked, keys.current()?.keys ?? [], clock.now());
  let verdict = check();
  if (verdict === "unknown key") {
    await keys.refreshForStranger(signal);
    verdict = check();
  }
  if (verdict === "valid") return asked;
  if (verdict === "expired") return { status: 403, text: "this URL has expired: ask for another" };
  return { status: 403, text: "not a signed URL of this server" };
}

async function hand(
  asked: SignedPath,
  isHead: boolean,
  response: ServerResponse,
  parts: ServingParts,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { location: name, key } = asked;
  const location = await readKind(backupStorageLocationKind, name, parts, signal);
  if (location === undefined || location.metadata.uid !== asked.locationUid) return notFound;
  const store = await parts.stores.open(location, signal);
  try {
    if (isHead) {
      const info = await store.head(key, { signal });
      if (info === undefined) return notFound;
      response.writeHead(200, headers(info.sizeBytes)).end();
      return undefined;
    }
    const { sizeBytes, body } = await store.get(key, { signal });
    response.writeHead(200, headers(sizeBytes));
    await pipeline(Readable.from(body, { objectMode: false }), response, { signal });
  } catch (thrown) {
    if (!response.headersSent && hasCode(thrown, "ARK_STORE_NOT_FOUND")) return notFound;
    throw thrown;
  }
  parts.log.write("info", "file handed out", { location: name, key });
  return undefined;
}

const headers = (sizeBytes: number) => ({
  "content-type": "application/octet-stream",
  "content-length": sizeBytes,
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
});

function refuse(response: ServerResponse, { status, text }: Refusal): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    ...(status === 405 && { allow: "GET, HEAD" }),
    ...(status === 503 && { "retry-after": "5" }),
  });
  response.end(`${text}\n`);
}
