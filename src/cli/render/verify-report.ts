import { type Damage, isLostArchive, type VerifyCounts } from "../../catalog/verify-report.ts";
import type { ClusterAnswers } from "../../restore/apply/ask-cluster.ts";
import { isVerified, type VerifiedBackup, type VerifyOutcome } from "../verify-outcome.ts";
import { count, counted, size, span } from "./amounts.ts";
import { reportLine } from "./finding-lines.ts";
import type { Painter } from "./painter.ts";
import type { ProgressState } from "./progress-line.ts";

/** `verifying   12,480 objects   4.1 MiB   9,900/s`. */
export function verifyProgress(counts: VerifyCounts, elapsedMs: number): ProgressState {
  const parts = ["  verifying", counted(counts.objects, "object"), size(counts.bytes)];
  if (elapsedMs >= 1_000) parts.push(`${size((counts.bytes * 1000) / elapsedMs)}/s`);
  const position = `${counts.objects} ${counts.bytes}`;
  return { text: parts.join("   "), waitingFor: undefined, position };
}

/** What was read, what is damaged, what can be saved, and what could not be checked. */
export function renderVerifyOutcome(
  outcome: VerifyOutcome,
  durationMs: number,
  painter: Painter,
): string {
  const title = `backup ${painter.bold(outcome.name)}`;
  if (!isVerified(outcome)) {
    const { code, message } = outcome.error;
    return `${title}: ${painter.bad("NOT VERIFIED")}\n${reportLine("error", `${message} (${code})`, painter.bad)}`;
  }
  const { ok, checked, damages, moreDamages, notChecked, notes } = outcome;
  const verdict = ok ? painter.good("no damage") : painter.bad("DAMAGED");
  let text = `${title}: ${verdict}, checked in ${span(durationMs)}\n`;
  text += reportLine(
    "checked",
    `${counted(checked.objects, "object")}, ${counted(checked.files, "file")}, ${size(checked.bytes)}`,
  );
  for (const damage of damages) text += reportLine("damaged", damageText(damage), painter.bad);
  if (moreDamages > 0) text += reportLine("damaged", `and ${count(moreDamages)} more`, painter.bad);
  text += salvageLine(outcome);
  if (outcome.cluster !== undefined) text += clusterLines(outcome.cluster, painter);
  for (const sentence of notChecked) text += reportLine("unchecked", sentence, painter.warn);
  for (const sentence of notes) text += reportLine("note", sentence);
  return text;
}

function damageText({ file, object, problem, stillReadable }: Damage): string {
  if (object === undefined) return `${file}: ${problem}`;
  const saved = stillReadable === true ? "; still readable" : "";
  return `${object}: ${problem}${saved}   (${file})`;
}

function salvageLine(verified: VerifiedBackup): string {
  const { name, objectsLost, objectsStillReadable, salvageable } = verified;
  const command = `ark-ts restore create --from-backup ${name} --allow-damaged`;
  const isMissing = verified.damages.some((damage) => isLostArchive(damage, name));
  if (isMissing || salvageable === false) {
    const why = isMissing ? "its archive is missing" : "nothing that is left says what it holds";
    return reportLine("salvage", `nothing of it can be restored: ${why}`);
  }
  if (salvageable === true) {
    return reportLine("salvage", `restore what its archive holds all the same with: ${command}`);
  }
  if (objectsLost + objectsStillReadable === 0) return "";
  const saved = `${counted(objectsLost, "object")} lost, ${count(objectsStillReadable)} in damaged places still readable`;
  return reportLine("salvage", `${saved}; restore all but the lost with: ${command}`);
}

function clusterLines(answers: ClusterAnswers, painter: Painter): string {
  const { drawn, ofObjects, accepted, refused, notAsked } = answers;
  let text = reportLine(
    "cluster",
    `${count(drawn)} of ${counted(ofObjects, "object")} drawn: ${count(accepted)} accepted, ${count(refused.length)} refused`,
  );
  for (const { object, reason } of refused) {
    text += reportLine("refused", `${object}: ${reason}`, painter.bad);
  }
  for (const { reason, objects } of notAsked) {
    text += reportLine("not asked", `${counted(objects, "object")}: ${reason}`, painter.warn);
  }
  return text;
}
