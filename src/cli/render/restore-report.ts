import { annotations } from "../../api/labels.ts";
import { reasonsNeverRestored } from "../../domain/restore/rule-table.ts";
import type { RestoreReport, RestoreRequest } from "../../restore/restore-request.ts";
import { count, counted, span } from "./amounts.ts";
import { phaseWords } from "./backup-report.ts";
import { findingLines, reportLine } from "./finding-lines.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { readBackText } from "./read-back-text.ts";
import { versionLines } from "./version-lines.ts";

/** The account that ends `restore create`. */
export function renderRestoreReport(
  report: RestoreReport,
  durationMs: number,
  painter: Painter,
  asked: Pick<RestoreRequest, "isNameGiven" | "planned"> = { isNameGiven: false },
): string {
  const { restore, findings } = report;
  const { name } = restore.metadata;
  const phase = restore.status.phase ?? "New";
  const cancelled = restore.metadata.annotations?.[annotations.outcome] === "cancelled";
  const outcome = cancelled
    ? painter.warn("cancelled")
    : paintPhase(painter, phase).replace(phase, phaseWords(phase));
  const see = `ark-ts restore describe ${name} --details`;
  const { created, updated, recreated, deleted, skipped, failed } = report;
  const written = created + updated + recreated + deleted;
  // What was deleted and not remade counts as failed, and is a write all the same.
  const hasWritten = written > 0 || findings.some(({ code }) => code === "ARK_OBJECT_NOT_REMADE");
  const vain = !hasWritten && failed > 0 ? ", and nothing was written" : "";
  let text = `restore ${painter.bold(name)}: ${outcome} in ${span(durationMs)}${vain}\n`;
  const { failureReason } = restore.status;
  if (failureReason !== undefined) text += reportLine("reason", failureReason, painter.bad);
  text += `  ${countsText(report)}\n`;
  text += errorsText(report);
  if (report.ownersDropped > 0) {
    text += reportLine(
      "owners",
      `${counted(report.ownersDropped, "object")} lost an owner that is not there`,
    );
  }
  if (report.readBack !== undefined) text += `  ${readBackText(report.readBack)}\n`;
  text += neverRestoredLines(report);
  text += versionLines(report.versions);
  text += hookText(report.hooks);
  if (report.readiness !== undefined) {
    const { ready, total, waitForFirstConsumer: claims } = report.readiness;
    const late =
      claims === 0
        ? ""
        : `; ${counted(claims, "claim")} of them ${claims === 1 ? "waits" : "wait"} for a pod (WaitForFirstConsumer)`;
    text += `  workloads: ${count(ready)} of ${count(total)} ready${late}\n`;
  }
  const differs = findings.some(({ code }) => code === "ARK_OBJECT_DIFFERS");
  if (phase === "Completed" && written + failed === 0 && skipped > 0 && !differs) {
    text += `  nothing to restore: each of ${counted(skipped, "object")} is there already, or is made anew by the cluster\n`;
  }
  const next = cancelled ? `to go on: ${howToGoOn(name, asked)}\n` : "";
  if (!report.recorded) {
    return `${text}${findingLines(findings, painter, "", findings.length)}${next}`;
  }
  text += findingLines(findings, painter, see);
  const undo = hasWritten ? `to undo what this run did: ark-ts restore undo ${name}\n` : "";
  if (phase === "Completed" && findings.length === 0)
    return undo === "" ? text : `${text}\n${undo}`;
  return `${text}\n${next}to see it: ${see}\n${undo}`;
}

/** Of a run that was cancelled: it has ended, and what follows is a restore of its own. */
function howToGoOn(
  name: string,
  { isNameGiven, planned }: Pick<RestoreRequest, "isNameGiven" | "planned">,
): string {
  const left = "what is restored already is left as it is";
  if (planned !== undefined) return `make a new plan as this one was made, and run that; ${left}`;
  return isNameGiven
    ? `run the same command with another name than ${name}; ${left}`
    : `run the same command again; ${left}`;
}

/** What is of our own policies stands there only when it happened. */
function countsText({ created, updated, recreated, deleted, skipped, failed }: RestoreReport) {
  const counts = [
    ["created", created],
    ["updated", updated],
    ...(recreated > 0 ? ([["recreated", recreated]] as const) : []),
    ...(deleted > 0 ? ([["deleted", deleted]] as const) : []),
    ["skipped", skipped],
    ["failed", failed],
  ] as const;
  return counts.map(([word, number]) => `${word} ${count(number)}`).join("   ");
}

/** Where errors and failed objects are not the same number, why. */
function errorsText({ restore, findings, failed }: RestoreReport): string {
  const { errors = 0 } = restore.status;
  if (failed === 0 || errors === failed) return "";
  const all = findings.filter(({ severity }) => severity === "error");
  const ofObjects = all.filter(({ name }) => name !== undefined).length;
  const parts = [
    `${count(ofObjects)} about single objects`,
    ...(all.length > ofObjects
      ? [`${count(all.length - ofObjects)} about the backup or the run`]
      : []),
    ...(failed > ofObjects ? ["what fails with its namespace is told once"] : []),
  ];
  return reportLine("errors", `${count(errors)}: ${parts.join(", ")}`);
}

function neverRestoredLines({ neverRestored }: RestoreReport): string {
  const byReason = new Map<string, string[]>();
  for (const [resource, objects] of neverRestored) {
    const reason = reasonsNeverRestored.get(resource) ?? "";
    byReason.set(reason, [...(byReason.get(reason) ?? []), `${count(objects)} ${resource}`]);
  }
  return [...byReason]
    .map(([reason, kinds]) => reportLine("left out", `${kinds.join(", ")}: ${reason}`))
    .join("");
}

const shownHooks = 10;

/** What ran in restored pods; why one failed stands among the errors. */
function hookText(hooks: RestoreReport["hooks"]): string {
  if (hooks.length === 0) return "";
  const done = hooks.filter(({ failed }) => !failed);
  const lines = hooks.slice(0, shownHooks).map(({ namespace, pod, container, ...hook }) => {
    const command = hook.command.join(" ");
    const short = command.length > 60 ? `${command.slice(0, 60)}…` : command;
    const code = hook.exitCode === undefined ? "not run to its end" : `exit ${hook.exitCode}`;
    const said = hook.lines.at(-1);
    return `    ${namespace}/${pod} ${container}: ${short}   ${code}${said === undefined ? "" : `   ${said}`}\n`;
  });
  const more = hooks.length - shownHooks;
  const rest = more > 0 ? `    and ${more} more in the log\n` : "";
  return `  hooks ${count(done.length)} of ${count(hooks.length)} done\n${lines.join("")}${rest}`;
}
