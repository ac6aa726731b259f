import { goDurationMs } from "../lib/go-duration.ts";

/** Velero's `--default-item-operation-timeout`. */
export const defaultOperationTimeout = "4h0m0s";

/** What is no duration, or not above 0, is Velero's default. */
export function operationTimeout(text = defaultOperationTimeout): {
  readonly timeout: string;
  readonly timeoutMs: number;
} {
  const timeoutMs = goDurationMs(text);
  if (timeoutMs === undefined || timeoutMs <= 0) return operationTimeout(defaultOperationTimeout);
  return { timeout: text, timeoutMs };
}
