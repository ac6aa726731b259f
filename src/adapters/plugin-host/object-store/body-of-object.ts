import { ArkError } from "../../../lib/errors.ts";
import type { StoredBody } from "../../../ports/object-store.ts";

type Chunks = AsyncIterable<{ readonly data: Uint8Array }>;

/** What is held in memory while the size is found out. */
const keptBytes = 4 * 1024 * 1024;

/**
 * The protocol tells no size: an object of up to 4 MiB is read before it is given, a larger one
 * is read twice, first to count it. Errors: ARK_STORE_FAILED when it changed in between.
 */
export async function bodyOf(key: string, open: () => Chunks): Promise<StoredBody> {
  const kept: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const { data } of open()) {
    sizeBytes += data.length;
    if (sizeBytes <= keptBytes) kept.push(data);
    else kept.length = 0;
  }
  if (sizeBytes <= keptBytes) return { sizeBytes, body: inTurn(kept) };
  return { sizeBytes, body: counted(key, open(), sizeBytes) };
}

async function* inTurn(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) if (chunk.length > 0) yield chunk;
}

async function* counted(
  key: string,
  chunks: Chunks,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const { data } of chunks) {
    received += data.length;
    if (data.length > 0) yield data;
  }
  if (received === sizeBytes) return;
  throw new ArkError("ARK_STORE_FAILED", `${JSON.stringify(key)} changed while it was read`, {
    answer: `it had ${sizeBytes} bytes, then ${received}`,
  });
}
