import type { Damage, VerifyCounts, VerifyReport } from "../../catalog/verify-report.ts";
import { count, counted, size, span } from "./amounts.ts";
import { reportLine } from "./finding-lines.ts";
import type { Painter } from "./painter.ts";
import type { ProgressState } from "./progress-line.ts";

/** `verifying   12,480 objects   4.1 MiB   9,900/s`. */
export function verifyProgress(counts: VerifyCounts, elapsedMs: number): ProgressState {
  const parts = ["  verifying", counted(counts.objects, "object"), size(counts.bytes)];
  if (elapsedMs >= 1_000) parts.push(`${size((counts.bytes * 1000) / elapsedMs)}/s`);
  return { text: parts.join("   "), waitingFor: undefined };
}

/** What was read, what is damaged, and what could not be checked. */
export function renderVerifyReport(
  report: VerifyReport,
  durationMs: number,
  painter: Painter,
): string {
  const { name, ok, checked, damages, moreDamages, notChecked, notes } = report;
  const outcome = ok ? painter.good("no damage") : painter.bad("DAMAGED");
  let text = `backup ${painter.bold(name)}: ${outcome}, checked in ${span(durationMs)}\n`;
  text += reportLine(
    "checked",
    `${counted(checked.objects, "object")}, ${counted(checked.files, "file")}, ${size(checked.bytes)}`,
  );
  for (const damage of damages) text += reportLine("damaged", damageText(damage), painter.bad);
  if (moreDamages > 0) text += reportLine("damaged", `and ${count(moreDamages)} more`, painter.bad);
  for (const sentence of notChecked) text += reportLine("unchecked", sentence, painter.warn);
  for (const sentence of notes) text += reportLine("note", sentence);
  return text;
}

function damageText({ file, object, problem }: Damage): string {
  return object === undefined ? `${file}: ${problem}` : `${object}: ${problem}   (${file})`;
}
