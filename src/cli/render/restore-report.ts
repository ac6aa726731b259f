import { annotations } from "../../api/labels.ts";
import type { RestoreReport } from "../../restore/restore-request.ts";
import { count, counted, span } from "./amounts.ts";
import { phaseWords } from "./backup-report.ts";
import { findingLines, reportLine } from "./finding-lines.ts";
import { type Painter, paintPhase } from "./painter.ts";

/** The account that ends `restore create`. */
export function renderRestoreReport(
  report: RestoreReport,
  durationMs: number,
  painter: Painter,
): string {
  const { restore, findings } = report;
  const { name } = restore.metadata;
  const phase = restore.status.phase ?? "New";
  const cancelled = restore.metadata.annotations?.[annotations.outcome] === "cancelled";
  const outcome = cancelled
    ? painter.warn("cancelled")
    : paintPhase(painter, phase).replace(phase, phaseWords(phase));
  const see = `ark-ts restore describe ${name} --details`;
  let text = `restore ${painter.bold(name)}: ${outcome} in ${span(durationMs)}\n`;
  const { failureReason } = restore.status;
  if (failureReason !== undefined) text += reportLine("reason", failureReason, painter.bad);
  text += `  created ${count(report.created)}   updated ${count(report.updated)}   skipped ${count(report.skipped)}   failed ${count(report.failed)}\n`;
  if (report.ownersDropped > 0) {
    text += reportLine(
      "owners",
      `${count(report.ownersDropped)} owner references were dropped: they name uids of the former objects`,
    );
  }
  const { created, updated, skipped, failed } = report;
  if (phase === "Completed" && created + updated + failed === 0 && skipped > 0) {
    text += `  nothing to restore: each of ${counted(skipped, "object")} is there already, or is made anew by the cluster\n`;
  }
  if (!report.recorded) return text + findingLines(findings, painter, "", findings.length);
  text += findingLines(findings, painter, see);
  return phase === "Completed" && findings.length === 0 ? text : `${text}\nto see it: ${see}\n`;
}
