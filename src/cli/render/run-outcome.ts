import { counted, span } from "./amounts.ts";
import { type Painter, paintPhase } from "./painter.ts";

/** What of a Backup or Restore an outcome is told by. */
export interface OutcomeOfRun {
  readonly noun: "backup" | "restore";
  readonly name: string;
  readonly phase: string;
  readonly status: {
    readonly errors?: number;
    readonly warnings?: number;
    readonly failureReason?: string;
    readonly validationErrors?: readonly string[];
    readonly startTimestamp?: string;
    readonly completionTimestamp?: string;
    readonly progress?: { readonly itemsBackedUp?: number; readonly itemsRestored?: number };
  };
}

/** `backup nightly: partially failed in 1.9 s`, what went wrong, and where more is told. */
export function renderRunOutcome(run: OutcomeOfRun, painter: Painter): string {
  const { noun, name, phase, status } = run;
  const { errors = 0, warnings = 0, failureReason, validationErrors = [], progress } = status;
  const tookMs =
    Date.parse(status.completionTimestamp ?? "") - Date.parse(status.startTimestamp ?? "");
  const took = Number.isNaN(tookMs) ? "" : ` in ${span(tookMs)}`;
  const items = progress?.itemsBackedUp ?? progress?.itemsRestored;
  const amounts = [
    ...(items === undefined ? [] : [counted(items, "item")]),
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  const lines = [
    `${noun} ${name}: ${paintPhase(painter, phase).replace(phase, words(phase))}${took}`,
    ...(amounts.length === 0 ? [] : [`  ${amounts.join("   ")}`]),
    ...(failureReason === undefined ? [] : [`  reason  ${failureReason}`]),
    ...validationErrors.map((text) => `  error   ${text}`),
    "",
    `to see it: ark-ts ${noun} describe ${name}${errors + warnings > 0 ? " --details" : ""}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** `PartiallyFailed` as `partially failed`. */
function words(phase: string): string {
  return phase.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}
