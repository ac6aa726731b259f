import type { Finding } from "../../api/results.ts";
import type { RestoreReport } from "../../restore/restore-request.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";

/** An API server drops what comes in a flood from one source: the log has the rest. */
const told = 12;

/**
 * A location that cannot be written to keeps neither log nor results of a restore, so Events of it
 * have its errors and warnings, the errors first.
 */
export function tellUnrecorded(
  restore: LiveRestore,
  { findings, recorded }: Pick<RestoreReport, "findings" | "recorded">,
  { events, log }: Pick<ControllerContext, "events" | "log">,
): void {
  if (recorded) return;
  // Counted after the run's own log was closed.
  const last = findings.at(-1);
  if (last !== undefined) log.write("warn", textOf(last), { restore: restore.metadata.name });
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = findings.filter(({ severity }) => severity === "warning").reverse();
  const record = (message: string) =>
    events.record(restore, { type: "Warning", reason: "Unrecorded", message });
  for (const finding of [...errors, ...warnings].slice(0, told)) record(textOf(finding));
  const more = findings.length - told;
  if (more > 0) record(`${more} more errors and warnings are in the log of the server`);
}

function textOf({ severity, message, advice }: Finding): string {
  return `${severity}: ${message}${advice === undefined || advice === "" ? "" : ` (${advice})`}`;
}
