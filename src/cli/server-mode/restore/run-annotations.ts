import { annotations } from "../../../api/labels.ts";
import { defaultReadyMs } from "../../../domain/restore/run-options.ts";
import { formatGoDuration } from "../../../lib/go-duration.ts";
import type { FlagValues } from "../../flag-values.ts";
import { waitsOfFlags } from "../../waits-of-flags.ts";

/** How the server is to run the Restore, where Velero's spec has no field for it. Errors: ARK_USAGE. */
export function runAnnotationsOfFlags(flags: FlagValues): Readonly<Record<string, string>> {
  const { readiness } = waitsOfFlags(flags);
  const limits = Object.entries(flags.map("wait-limits") ?? {});
  const isReadyTyped = readiness !== undefined;
  const timeout = formatGoDuration(readiness?.timeoutMs ?? defaultReadyMs);
  return {
    ...(flags.boolean("strict") === true && { [annotations.strict]: "true" }),
    ...(flags.boolean("allow-damaged") === true && { [annotations.allowDamaged]: "true" }),
    ...(flags.boolean("read-back") === false && { [annotations.skipReadBack]: "true" }),
    ...(isReadyTyped && { [annotations.waitForReady]: timeout }),
    ...(readiness?.required === true && { [annotations.requireReady]: "true" }),
    ...(limits.length > 0 && {
      [annotations.waitLimits]: limits.map(([wait, limit]) => `${wait}=${limit}`).join(","),
    }),
  };
}
