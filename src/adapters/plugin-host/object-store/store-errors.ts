import { ArkError, type Disposition, type ErrorCode } from "../../../lib/errors.ts";

/**
 * Runs a call of a store, which may be made again: so that a plugin that ended during it is tried
 * once more. All that plugins tell is a text; what was tried goes with it.
 */
export async function inStore<Result>(tried: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (thrown) {
    throw storeError(tried, thrown);
  }
}

export async function* bodyInStore(
  tried: string,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      yield chunk;
    }
    signal.throwIfAborted();
  } catch (thrown) {
    throw storeError(tried, thrown);
  }
}

function storeError(tried: string, thrown: unknown): unknown {
  if (!(thrown instanceof ArkError)) return thrown;
  const [code, disposition] = meaning[thrown.code] ?? [thrown.code, thrown.disposition];
  return new ArkError(code, thrown.message, {
    tried,
    disposition,
    ...(thrown.answer !== undefined && { answer: thrown.answer }),
    ...(thrown.advice !== undefined && { advice: thrown.advice }),
    cause: thrown,
  });
}

const meaning: Readonly<Partial<Record<ErrorCode, readonly [ErrorCode, Disposition]>>> = {
  ARK_PLUGIN_FAILED: ["ARK_STORE_FAILED", "stall"],
  ARK_PLUGIN_ENDED: ["ARK_STORE_UNREACHABLE", "retry"],
  ARK_PLUGIN_TIMEOUT: ["ARK_STORE_UNREACHABLE", "retry"],
};
