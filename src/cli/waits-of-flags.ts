import { defaultReadyMs } from "../domain/restore/run-options.ts";
import { settableWaits, type WaitId, type WaitLimitKey } from "../domain/restore/waits.ts";
import type { RestoreRequest } from "../restore/restore-request.ts";
import type { FlagValues } from "./flag-values.ts";
import { parsePositiveDuration } from "./go-duration.ts";
import { usageError } from "./usage-error.ts";

/** What a restore waits for, and for how long; beside a plan too. Errors: ARK_USAGE. */
export function waitsOfFlags(flags: FlagValues): Pick<RestoreRequest, "readiness" | "limits"> {
  return { ...readinessOf(flags), ...limitsOf(flags, [...settableWaits.keys()]) };
}

function readinessOf(flags: FlagValues): Pick<RestoreRequest, "readiness"> {
  const required = flags.boolean("require-ready") === true;
  const isAsked = flags.boolean("wait-for-ready") === true || required;
  const text = flags.text("ready-timeout");
  const timeoutMs = text === undefined ? undefined : parsePositiveDuration(text, "--ready-timeout");
  if (isAsked) return { readiness: { timeoutMs: timeoutMs ?? defaultReadyMs, required } };
  if (timeoutMs === undefined) return {};
  throw usageError("--ready-timeout has no effect without --wait-for-ready");
}

/** `waits`: those that the command has. Errors: ARK_USAGE. */
export function limitsOf(
  flags: FlagValues,
  waits: readonly WaitId[],
): Pick<RestoreRequest, "limits"> {
  const given = flags.map("wait-limits");
  if (given === undefined) return {};
  const limits: Partial<Record<WaitLimitKey, number>> = {};
  for (const [wait, text] of Object.entries(given)) {
    const key = waits.includes(wait as WaitId) ? settableWaits.get(wait as WaitId) : undefined;
    if (key === undefined) {
      throw usageError(
        `--wait-limits=${wait}=${text}: there is no such wait, or its limit is not set here`,
        `one of: ${waits.join(", ")}`,
      );
    }
    limits[key] = parsePositiveDuration(text, `--wait-limits=${wait}`);
  }
  return { limits };
}
