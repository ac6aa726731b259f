import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ArkError } from "../lib/errors.ts";

/** zlib's output step; its 16 KiB default more than halves the speed. */
const chunkBytes = 256 * 1024;

/**
 * Inflates gzip of any number of members as it arrives; memory is one chunk, so a bomb costs the
 * reader what it takes, no more. `what` begins the sentence of an error.
 * Errors: ARK_BACKUP_DAMAGED for what is not gzip, is cut short, or has a wrong checksum.
 */
export async function* inflateStream(
  compressed: AsyncIterable<Uint8Array>,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  // Every error of the source destroys `gunzip` and so reaches the loop below.
  pipeline(Readable.from(compressed, { objectMode: true, signal }), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!isZlibError(thrown)) throw thrown;
    throw new ArkError("ARK_BACKUP_DAMAGED", `${what} cannot be inflated`, {
      answer: thrown.message,
      cause: thrown,
    });
  }
}

function isZlibError(thrown: unknown): thrown is Error & { readonly code: string } {
  if (!(thrown instanceof Error) || !("code" in thrown)) return false;
  return typeof thrown.code === "string" && /^Z_[A-Z]+_ERROR$/.test(thrown.code);
}
