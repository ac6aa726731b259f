import { ArkError } from "../../lib/errors.ts";
import { decodeJson } from "../../lib/json-text.ts";
import type { ListPageEnd } from "../../ports/cluster.ts";

/** `metadata` of a list; all of it may be absent. */
export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continueToken: string;
  readonly remainingItemCount: number | undefined;
}

export const emptyListMetadata: ListMetadata = {
  resourceVersion: "",
  continueToken: "",
  remainingItemCount: undefined,
};

/** Reads the bytes of a list's `metadata`; null reads as empty. Throws ARK_API_PROTOCOL. */
export function parseListMetadata(text: string): ListMetadata {
  const value = decodeJson(text) as unknown;
  if (value === null) return emptyListMetadata;
  if (typeof value !== "object") throw unexpected(text);
  const {
    resourceVersion = "",
    continue: token = "",
    remainingItemCount,
  } = value as Readonly<Record<string, unknown>>;
  if (typeof resourceVersion !== "string" || typeof token !== "string") throw unexpected(text);
  const remaining = typeof remainingItemCount === "number" ? remainingItemCount : undefined;
  return { resourceVersion, continueToken: token, remainingItemCount: remaining };
}

function unexpected(text: string): ArkError {
  return new ArkError("ARK_API_PROTOCOL", "the metadata of a list is not what it should be", {
    answer: text.slice(0, 300),
  });
}

export function toListPageEnd(metadata: ListMetadata, itemCount: number): ListPageEnd {
  return {
    resourceVersion: metadata.resourceVersion,
    itemCount,
    ...(metadata.continueToken === "" ? {} : { continueToken: metadata.continueToken }),
    ...(metadata.remainingItemCount === undefined
      ? {}
      : { remainingItemCount: metadata.remainingItemCount }),
  };
}
