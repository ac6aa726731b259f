import { createHash, hash } from "node:crypto";
import type { RawObject } from "../api/raw-object.ts";

/** Stands in the manifest; a change of what is left out is a new version. */
export const normalFormVersion = 1;

/** Above this, hashing in pieces is cheaper than one copy without the left-out ranges. */
const copyLimitBytes = 64 * 1024;

/** Used within one call only. */
const scratch = Buffer.allocUnsafeSlow(copyLimitBytes);

/** Hex SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

/** Hex SHA-256 of normalised form v1: the bytes without the volatile ranges, nothing re-serialised. */
export function normalSha256(object: Pick<RawObject, "bytes" | "volatileRanges">): string {
  const { bytes, volatileRanges } = object;
  if (volatileRanges.length === 0) return sha256(bytes);
  if (bytes.length > copyLimitBytes) return hashInPieces(bytes, volatileRanges);
  const kept = scratch;
  let end = 0;
  let from = 0;
  for (let at = 0; at < volatileRanges.length; at += 2) {
    end += bytes.copy(kept, end, from, volatileRanges[at]);
    from = volatileRanges[at + 1] ?? bytes.length;
  }
  end += bytes.copy(kept, end, from);
  return sha256(kept.subarray(0, end));
}

function hashInPieces(bytes: Buffer, volatileRanges: readonly number[]): string {
  const digest = createHash("sha256");
  let from = 0;
  for (let at = 0; at < volatileRanges.length; at += 2) {
    digest.update(bytes.subarray(from, volatileRanges[at]));
    from = volatileRanges[at + 1] ?? bytes.length;
  }
  return digest.update(bytes.subarray(from)).digest("hex");
}
