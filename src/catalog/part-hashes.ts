import { createHash, type Hash } from "node:crypto";
import type { ManifestArchive } from "../format/manifest.ts";

/** Compares an archive that streams by with the hashes of its manifest, part by part. */
export interface PartHashes {
  update(chunk: Uint8Array): void;
  /** After the last chunk: what differs, one sentence each. */
  problems(): readonly string[];
}

export function createPartHashes(archive: ManifestArchive): PartHashes {
  const whole = createHash("sha256");
  const problems: string[] = [];
  let received = 0;
  let part = 0;
  let partStart = 0;
  let digest: Hash = createHash("sha256");

  const closePart = (sizeBytes: number, expected: string): void => {
    if (digest.digest("hex") !== expected) {
      const end = partStart + sizeBytes;
      problems.push(`part ${part + 1} (bytes ${partStart} to ${end}) differs from its hash`);
    }
    digest = createHash("sha256");
    partStart += sizeBytes;
    part += 1;
  };

  return {
    update(chunk) {
      whole.update(chunk);
      let from = 0;
      for (let now = archive.parts[part]; now !== undefined; now = archive.parts[part]) {
        const left = partStart + now.sizeBytes - (received + from);
        const piece = chunk.subarray(from, from + left);
        digest.update(piece);
        from += piece.length;
        if (piece.length < left) break;
        closePart(now.sizeBytes, now.sha256);
      }
      received += chunk.length;
    },
    problems() {
      if (received !== archive.sizeBytes) {
        return [...problems, `it has ${received} bytes instead of ${archive.sizeBytes}`];
      }
      const same = whole.digest("hex") === archive.sha256;
      return same ? problems : [...problems, "it differs from its hash as a whole"];
    },
  };
}
