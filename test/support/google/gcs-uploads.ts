/**
 * Uploads in parts of Cloud Storage's XML API, as its reference says ("XML API multipart uploads":
 * initiate, upload part, complete, abort, list parts): held here until they are complete.
 */
import { createHash, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface XmlAnswer {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as the XML API writes it. */
export function xmlError(status: number, code: string, message = code): XmlAnswer {
  const body = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body, headers: { "content-type": "application/xml; charset=UTF-8" } };
}

export interface CompletedObject {
  readonly bucket: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly kmsKeyName: string | undefined;
  readonly body: Uint8Array;
}

export interface UploadRequest {
  readonly method: string;
  readonly bucket: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Part {
  readonly etag: string;
  readonly body: Buffer;
}

interface OpenUpload {
  readonly bucket: string;
  readonly name: string;
  readonly metadata: Record<string, string>;
  readonly kmsKeyName: string | undefined;
  readonly parts: Map<number, Part>;
}

export interface GcsUploads {
  /** How many are open. */
  readonly open: () => number;
  answer(request: UploadRequest): Promise<XmlAnswer>;
}

const minPartBytes = 5 * 1024 * 1024;

export function createUploads(store: (object: CompletedObject) => Promise<void>): GcsUploads {
  const uploads = new Map<string, OpenUpload>();
  return {
    open: () => uploads.size,
    async answer(request) {
      const { method, query, bucket, name } = request;
      if (query.has("uploads")) return method === "POST" ? begin(uploads, request) : notAllowed;
      const id = query.get("uploadId") ?? "";
      const upload = uploads.get(id);
      if (upload === undefined || upload.bucket !== bucket || upload.name !== name) {
        return xmlError(404, "NoSuchUpload", "The requested upload was not found.");
      }
      if (method === "PUT") return takePart(upload, request);
      if (method === "GET") return { status: 200, body: "<ListPartsResult></ListPartsResult>" };
      if (method === "DELETE") {
        uploads.delete(id);
        return { status: 204 };
      }
      if (method !== "POST") return notAllowed;
      const body = assemble(upload, request.body.toString());
      if ("status" in body) return body;
      await store({ ...upload, body: body.whole });
      uploads.delete(id);
      const result = "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>";
      return { status: 200, body: result };
    },
  };
}

const notAllowed = xmlError(405, "MethodNotAllowed");

function begin(uploads: Map<string, OpenUpload>, request: UploadRequest): XmlAnswer {
  const { bucket, name, headers, body } = request;
  if (body.length > 0) return xmlError(400, "InvalidArgument", "The body must be empty.");
  const metadata: Record<string, string> = {};
  for (const [field, value] of Object.entries(headers)) {
    if (field.startsWith("x-goog-meta-")) metadata[field.slice(12)] = String(value);
  }
  const key = headers["x-goog-encryption-kms-key-name"];
  const kmsKeyName = typeof key === "string" ? key : undefined;
  const id = `${randomUUID()}/+=`;
  uploads.set(id, { bucket, name, metadata, kmsKeyName, parts: new Map() });
  const text = `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
  return { status: 200, body: text };
}

function takePart(upload: OpenUpload, { query, headers, body }: UploadRequest): XmlAnswer {
  const number = Number(query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    return xmlError(400, "InvalidArgument", "partNumber");
  }
  const digest = createHash("md5").update(body);
  const declared = headers["content-md5"];
  if (declared !== undefined && declared !== digest.copy().digest("base64")) {
    return xmlError(400, "BadDigest");
  }
  const etag = `"${digest.digest("hex")}"`;
  upload.parts.set(number, { etag, body });
  return { status: 200, headers: { etag } };
}

function assemble(upload: OpenUpload, text: string): { readonly whole: Buffer } | XmlAnswer {
  const named = [
    ...text.matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g),
  ].map(([, number, etag]) => ({ number: Number(number), etag }));
  if (named.length === 0) return xmlError(400, "MalformedXML");
  const bodies: Buffer[] = [];
  for (const [at, { number, etag }] of named.entries()) {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag) return xmlError(400, "InvalidPart");
    if (at > 0 && number <= (named[at - 1]?.number ?? 0)) return xmlError(400, "InvalidPartOrder");
    const isLast = at === named.length - 1;
    if (!isLast && part.body.length < minPartBytes) return xmlError(400, "EntityTooSmall");
    bodies.push(part.body);
  }
  return { whole: Buffer.concat(bodies) };
}
