import { toArkError } from "../../../lib/errors.ts";

/** One promise of the protocol, and whether the plugin kept it. */
export interface ContractResult {
  /** `ObjectStore velero.io/aws`; the program itself for what is no plugin's own. */
  readonly subject: string;
  readonly check: string;
  readonly outcome: "kept" | "broken" | "not asked";
  readonly detail: string;
}

/** A promise: answers what was seen, or throws what is wrong. */
export type Promised = () => Promise<string>;

/** Runs the checks of one subject in order; a broken one does not stop the next. */
export async function runChecks(
  subject: string,
  checks: readonly (readonly [check: string, run: Promised])[],
  signal: AbortSignal,
): Promise<readonly ContractResult[]> {
  const results: ContractResult[] = [];
  for (const [check, run] of checks) {
    try {
      results.push({ subject, check, outcome: "kept", detail: await run() });
    } catch (thrown) {
      signal.throwIfAborted();
      const { message, answer } = toArkError(thrown);
      // The row names the plugin already.
      const detail = answer ?? message;
      results.push({ subject, check, outcome: "broken", detail });
    }
  }
  return results;
}
