import type { Readable } from "node:stream";

/**
 * The chunks of a body, at least `batchBytes` at a time but for the last ones: an API server sends
 * few KiB at once, and waiting for each costs more than reading it. Ends and fails as the body
 * does, which is destroyed when the caller leaves early.
 */
export async function* readInBatches(
  body: Readable,
  batchBytes: number,
): AsyncGenerator<readonly Buffer[]> {
  let batch: Buffer[] = [];
  let sizeBytes = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  body.on("data", (chunk: Buffer) => {
    batch.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes < batchBytes) return;
    body.pause();
    wake();
  });
  body.once("end", () => {
    ended = true;
    wake();
  });
  body.once("error", (error) => {
    failure ??= { error };
    wake();
  });
  body.once("close", () => {
    if (!ended) failure ??= { error: new Error("the body was closed before its end") };
    wake();
  });
  try {
    for (;;) {
      if (sizeBytes < batchBytes && !ended && failure === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          body.resume();
        });
      }
      const full = batch;
      batch = [];
      sizeBytes = 0;
      if (full.length > 0) yield full;
      if (batch.length > 0) continue;
      if (failure !== undefined) throw failure.error;
      if (ended) return;
    }
  } finally {
    body.destroy();
  }
}
