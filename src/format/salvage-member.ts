import { createInflateRaw } from "node:zlib";

/** Of RFC 1952, without optional fields: every member that holds objects begins so. */
const headerBytes = 10;

/** What zlib has put out when it meets an error is lost up to one step. */
const wideStep = 64 * 1024;
const narrowStep = 64;

/**
 * Everything that a damaged or cut member still gives, at most `inflatedBytes`: header and
 * checksum are passed over, and inflating ends where the data makes no sense. The bytes prove
 * nothing: behind the damage some of them may be wrong, so each object has to be compared with
 * its own hash. Never throws.
 */
export async function salvageMember(
  compressed: Uint8Array,
  inflatedBytes: number,
): Promise<Buffer> {
  const wide = await inflatePrefix(compressed, inflatedBytes, wideStep);
  if (wide.length === inflatedBytes) return wide;
  return await inflatePrefix(compressed, inflatedBytes, narrowStep);
}

function inflatePrefix(
  compressed: Uint8Array,
  inflatedBytes: number,
  chunkSize: number,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const inflate = createInflateRaw({ chunkSize });
    const chunks: Buffer[] = [];
    let filled = 0;
    const end = (): void => {
      resolve(Buffer.concat(chunks, Math.min(filled, inflatedBytes)));
      inflate.destroy();
    };
    inflate.on("data", (chunk: Buffer) => {
      filled += chunk.length;
      chunks.push(chunk);
      if (filled >= inflatedBytes) end();
    });
    inflate.on("end", end);
    inflate.on("error", end);
    inflate.end(compressed.subarray(headerBytes));
  });
}
