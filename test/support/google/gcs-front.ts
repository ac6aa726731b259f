/**
 * Google Cloud Storage as its clients see it, in front of fake-gcs-server: tokens are asked for,
 * signatures of version 4 verified ("V4 signing process"), what nobody signed is refused, uploads in
 * parts held. The rest goes on to fake-gcs-server. A test may answer in its place.
 */
import { createHash, createVerify } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FrontAnswer, SeenRequest } from "../http-front.ts";
import { type CompletedObject, createUploads, type XmlAnswer, xmlError } from "./gcs-uploads.ts";
import type { IdentityServer } from "./identity-server.ts";

export interface GcsFront {
  readonly endpoint: string;
  readonly seen: SeenRequest[];
  /** Uploads that nobody completed or aborted. */
  openUploads(): number;
  /** Objects that uploads in parts made. */
  readonly completed: CompletedObject[];
  /** Answers instead of the store: `before` it hears of the request. */
  before: (request: SeenRequest) => FrontAnswer | undefined | Promise<undefined>;
  /** Whether an answer of the store is lost, after it did what was asked. */
  loseAnswer: (request: SeenRequest) => boolean;
  createBucket(name: string, fields?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

export async function startGcsFront(target: string, identity: IdentityServer): Promise<GcsFront> {
  const completed: CompletedObject[] = [];
  const uploads = createUploads(async (object) => {
    await insert(target, object);
    completed.push(object);
  });
  const listener = createServer((request, response) => void serve(request, response));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const { method = "", url = "", headers } = request;
      const seen: SeenRequest = { method, url, headers };
      front.seen.push(seen);
      const own = await front.before(seen);
      const answer = own ?? (await answerOf(seen, Buffer.concat(pieces)));
      if (front.loseAnswer(seen)) return void response.destroy();
      response.writeHead(answer.status, { ...answer.headers });
      response.end(method === "HEAD" ? undefined : answer.body);
    } catch {
      response.destroy();
    }
  }
  async function answerOf(seen: SeenRequest, body: Buffer): Promise<XmlAnswer> {
    const { pathname, searchParams } = new URL(seen.url, target);
    const isJson = /^\/(?:upload\/|download\/)?storage\/v1\//.test(pathname);
    const isKnown = identity.knows(seen.headers.authorization);
    if (isJson) return isKnown ? await forward(target, seen, body) : unauthorized;
    const [, bucket = "", ...segments] = pathname.split("/").map(decodeURIComponent);
    const name = segments.join("/");
    if (searchParams.has("X-Goog-Signature")) {
      const fault = signatureFault(seen, host, identity);
      return fault ?? (await readObject(target, bucket, name));
    }
    if (seen.headers.authorization === undefined) return xmlError(403, "AccessDenied");
    if (!isKnown) return xmlError(401, "AuthenticationRequired");
    if (!(await hasBucket(target, bucket))) return xmlError(404, "NoSuchBucket");
    const { method, headers } = seen;
    return await uploads.answer({ method, bucket, name, query: searchParams, headers, body });
  }
  const front: GcsFront = {
    endpoint: `http://${host}`,
    seen: [],
    completed,
    openUploads: uploads.open,
    before: () => undefined,
    loseAnswer: () => false,
    async createBucket(name, fields = {}) {
      const answer = await fetch(`${target}/storage/v1/b?project=project-one`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name, ...fields }),
      });
      if (!answer.ok) throw new Error(`cannot create ${name}: ${await answer.text()}`);
    },
    async close() {
      listener.closeAllConnections();
      listener.close();
      await once(listener, "close");
    },
  };
  return front;
}

/** The JSON API's form, and its words for a token that it does not know. */
const unauthorized: XmlAnswer = {
  status: 401,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify({
    error: {
      code: 401,
      message: "Invalid Credentials",
      errors: [{ message: "Invalid Credentials", domain: "global", reason: "authError" }],
    },
  }),
};

async function forward(target: string, seen: SeenRequest, body: Buffer): Promise<XmlAnswer> {
  const { range, "content-type": contentType } = seen.headers;
  const hasBody = !["GET", "HEAD", "DELETE"].includes(seen.method);
  const answer = await fetch(`${target}${seen.url}`, {
    method: seen.method,
    headers: {
      ...(range === undefined ? {} : { range }),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
    },
    ...(hasBody ? { body: new Uint8Array(body) } : {}),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const headers: Record<string, string> = { "content-length": `${bytes.length}` };
  for (const name of ["content-type", "content-range", "content-encoding", "date"]) {
    const value = answer.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: answer.status, headers, body: bytes };
}

async function readObject(target: string, bucket: string, name: string): Promise<XmlAnswer> {
  const url = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
  const empty = Buffer.alloc(0);
  const answer = await forward(target, { method: "GET", url, headers: {} }, empty);
  return answer.status === 404 ? xmlError(404, "NoSuchKey") : answer;
}

async function hasBucket(target: string, bucket: string): Promise<boolean> {
  const answer = await fetch(`${target}/storage/v1/b/${encodeURIComponent(bucket)}`);
  await answer.arrayBuffer();
  return answer.ok;
}

async function insert(target: string, object: CompletedObject): Promise<void> {
  const { bucket, name, metadata, body } = object;
  const boundary = "front";
  const head = JSON.stringify({ name, metadata, contentType: "application/octet-stream" });
  const answer = await fetch(`${target}/upload/storage/v1/b/${bucket}/o?uploadType=multipart`, {
    method: "POST",
    headers: { "content-type": `multipart/related; boundary=${boundary}` },
    body: Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-type: application/json\r\n\r\n${head}\r\n`),
      Buffer.from(`--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`),
      body,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  });
  if (!answer.ok) throw new Error(`the object was not taken: ${await answer.text()}`);
}

/** Whether the URL was signed, by the account's key, for this path and until later than now. */
function signatureFault(
  { method, url }: SeenRequest,
  host: string,
  { email, publicKey }: IdentityServer,
): XmlAnswer | undefined {
  const [path = "", query = ""] = url.split("?");
  const terms = query.split("&");
  const value = (name: string): string =>
    decodeURIComponent(terms.find((term) => term.startsWith(`${name}=`))?.split("=")[1] ?? "");
  const signed = terms.filter((term) => !term.startsWith("X-Goog-Signature=")).sort();
  const time = value("X-Goog-Date");
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`;
  const canonical = [
    method,
    path,
    signed.join("&"),
    `host:${host}`,
    "",
    "host",
    "UNSIGNED-PAYLOAD",
  ];
  const digest = createHash("sha256").update(canonical.join("\n")).digest("hex");
  const text = ["GOOG4-RSA-SHA256", time, scope, digest].join("\n");
  const signature = Buffer.from(value("X-Goog-Signature"), "hex");
  const isSigned = createVerify("RSA-SHA256").update(text).verify(publicKey, signature);
  const at = Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (!isSigned || value("X-Goog-Credential") !== `${email}/${scope}`) {
    return xmlError(403, "SignatureDoesNotMatch");
  }
  const isValid = Date.now() < at + Number(value("X-Goog-Expires")) * 1_000;
  return isValid ? undefined : xmlError(400, "ExpiredToken");
}
