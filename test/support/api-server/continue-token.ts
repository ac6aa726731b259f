/** Where a list goes on: opaque to clients, revision and key inside. */
import { badRequest } from "./api-status.ts";

export interface ContinueToken {
  /** -1: the newest, after the first revision was compacted. */
  readonly revision: number;
  /** First key wanted. */
  readonly from: string;
}

/** The last key of a page with a zero byte behind it is the smallest key after it. */
export function followingKey(lastKey: string): string {
  return `${lastKey}\u0000`;
}

export function encodeContinue({ revision, from }: ContinueToken, prefix: string): string {
  const start = `/${from.slice(prefix.length)}`;
  const token = JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start });
  return Buffer.from(token).toString("base64url");
}

export function decodeContinue(token: string, prefix: string): ContinueToken {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw badRequest("invalid continue token: continue key is not valid");
  }
  const { v, rv, start } = value as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== "meta.k8s.io/v1" || typeof rv !== "number" || typeof start !== "string") {
    throw badRequest("invalid continue token: continue key is not valid: incorrect start key");
  }
  return { revision: rv, from: prefix + start.replace(/^\//, "") };
}
