import { createHash } from "node:crypto";
import { ArkError } from "../../src/plugin-sdk/volume-snapshotter.ts";

/**
 * Names that follow from the idempotency key: of one name there is one snapshot, or disk, so what a
 * key has made is found by its name, and is never made twice. Disks are named as Velero names them.
 */
export const snapshotNameOf = (key: string): string => `ark-ts-${uuidOf(key)}`;
export const diskNameOf = (key: string): string => `restore-${uuidOf(key)}`;

/** The text's hash in the form of a UUID (version 8: of one's own making). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join("-");
}

/** Ids that stand in a path; empty ones, or `..`, would lead elsewhere. */
export function pathOf(...parts: readonly string[]): string {
  for (const part of parts) {
    if (/^[a-z0-9]([-_.:a-z0-9]*[a-z0-9])?$/i.test(part)) continue;
    throw new ArkError(
      "ARK_PROVIDER_FAILED",
      `${JSON.stringify(part)} is no name of anything at Google Cloud`,
    );
  }
  return parts.map(encodeURIComponent).join("/");
}
