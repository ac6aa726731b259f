import { ArkError } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";

/** JSON that arrived over the wire, of which nothing is known. */
export type JsonRecord = Readonly<Record<string, unknown>>;

const empty: JsonRecord = Object.freeze({});

export function asRecord(value: unknown): JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonRecord)
    : empty;
}

export function asList(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}

/** Throws ARK_API_PROTOCOL; `what` names the document. */
export function parseDocument(bytes: Buffer, what: string): unknown {
  try {
    return decodeJson(bytes.toString());
  } catch (cause) {
    throw new ArkError("ARK_API_PROTOCOL", `${what} is not JSON`, {
      answer: bytes.toString("utf8", 0, 200),
      advice: "Something between here and the API server may have answered in its place.",
      cause,
    });
  }
}
