import { annotations } from "../../api/labels.ts";
import type { BackupReport, ContinuedFrom } from "../../backup/backup-run.ts";
import type { Manifest } from "../../format/manifest.ts";
import { count, counted, size, span } from "./amounts.ts";
import { findingLines, reportLine } from "./finding-lines.ts";
import { optOutsLine } from "./opt-outs.ts";
import { type Painter, paintPhase } from "./painter.ts";
import { coverageText } from "./volume-coverage.ts";

const podsShown = 6;

/** `PartiallyFailed` as `partially failed`. */
export function phaseWords(phase: string | undefined): string {
  return (phase ?? "New").replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** The account that ends `backup create`. */
export function renderBackupReport(report: BackupReport, painter: Painter): string {
  const { backup, manifest, findings } = report;
  const { name } = backup.metadata;
  const phase = backup.status.phase ?? "New";
  if (backup.metadata.annotations?.[annotations.outcome] === "cancelled") {
    return cancelledText(report, painter);
  }
  if (report.continued?.sealed === true) {
    return `backup ${painter.bold(name)}: was whole already; the process that made it had died while tidying up, which is done now\n`;
  }
  const outcome = paintPhase(painter, phase).replace(phase, phaseWords(phase));
  const see = `ark-ts backup describe ${name} --details`;
  let text = `backup ${painter.bold(name)}: ${outcome} in ${span(report.durationMs)}\n`;
  const { failureReason } = backup.status;
  if (failureReason !== undefined) text += reportLine("reason", failureReason, painter.bad);
  if (report.continued !== undefined)
    text += reportLine("continued", continuedText(report.continued));
  text += reportLine("objects", objectsText(report));
  text += optOutsLine(report.optedOut);
  if (manifest !== undefined) {
    text += reportLine("cut", cutText(manifest));
    const volumes = coverageText(report.volumes, false);
    if (volumes !== undefined) text += reportLine("volumes", volumes, painter.warn);
  }
  const told = manifest !== undefined && report.volumes.length > 0;
  const others = findings.filter(
    ({ code, severity }) => !told || code !== "ARK_VOLUME_UNPROTECTED" || severity === "error",
  );
  text += findingLines(others, painter, see);
  const next = phase === "Completed" && findings.length === 0 ? "" : `\nto see it: ${see}\n`;
  return manifest === undefined ? text : text + next;
}

/** What a cancelled run did to pods is told, and what was amiss with the backup no more. */
function cancelledText(
  { backup, durationMs, thawed = [], findings }: BackupReport,
  painter: Painter,
): string {
  const { name } = backup.metadata;
  const pods = thawed.slice(0, podsShown).join(", ");
  const more = thawed.length > podsShown ? ` and ${count(thawed.length - podsShown)} more` : "";
  const frozen = findings.filter(({ code }) => code === "ARK_POD_FROZEN");
  return [
    `backup ${painter.bold(name)}: ${painter.warn("cancelled")} after ${span(durationMs)}; no backup was made\n`,
    thawed.length === 0 ? "" : reportLine("thawed", `${pods}${more}: their post hooks were run`),
    findingLines(frozen, painter, `ark-ts backup logs ${name}`),
  ].join("");
}

function continuedText({ objects, parts }: ContinuedFrom): string {
  const where = parts === 0 ? "" : ` in ${counted(parts, "part")}`;
  return `from a process that died: ${counted(objects, "object")}${where} were there already`;
}

function objectsText(report: BackupReport): string {
  const { kindsListed, kindsInPart = 0, kindsInScope, objects, manifest } = report;
  const partText = kindsInPart === 0 ? "" : `, and a part of ${count(kindsInPart)} more`;
  const kinds =
    kindsListed === kindsInScope
      ? counted(kindsInScope, "kind")
      : `${count(kindsListed)} of ${counted(kindsInScope, "kind")}${partText}`;
  const kept =
    manifest === undefined
      ? "nothing was kept"
      : `archive ${size(report.archiveBytes)}, read back and checked`;
  return `${count(objects)} in ${kinds}   ${kept}`;
}

/** How far the kinds are of one revision. */
export function cutText(manifest: Manifest): string {
  const outside = outsideCuts(manifest);
  const head = cutHead(manifest);
  if (outside.length === 0 || outside.length === manifest.kinds.length) return head;
  const named = outside.map(({ resource, reason }) =>
    reason === undefined ? resource : `${resource}: ${reason}`,
  );
  const shown = named.slice(0, 5).join("\n");
  const left = named.length - 5;
  return `${head}; outside it:\n${shown}${left > 0 ? `\nand ${count(left)} more` : ""}`;
}

/** Kinds that are of no cut, or of more revisions than one. */
function outsideCuts({ kinds }: Manifest): Manifest["kinds"] {
  return kinds.filter((kind) => kind.cut === undefined || !kind.oneRevision);
}

/** How many kinds are of which revision. */
export function cutHead(manifest: Manifest): string {
  const { kinds, cuts } = manifest;
  if (kinds.length === 0) return "no kind was listed";
  const sizes = cuts.map(
    (_, at) => kinds.filter((kind) => kind.cut === at && kind.oneRevision).length,
  );
  const outside = outsideCuts(manifest);
  const revision = (at: number) => `resourceVersion ${cuts[at]?.resourceVersion}`;
  const inside = sizes.reduce((sum, each) => sum + each, 0);
  if (inside === 0) return "none: each kind was listed at a revision of its own";
  return sizes.length === 1
    ? `one revision (${revision(0)}) over ${outside.length === 0 ? `all ${inside}` : counted(inside, "kind")}`
    : `${sizes.length} revisions: ${sizes.map((each, at) => `${counted(each, "kind")} at ${revision(at)}`).join(", ")}`;
}

/** Of a backup without a list of volumes; undefined when there is no claim. */
export function volumesText(manifest: Manifest): string | undefined {
  const claims = manifest.kinds.find(({ resource }) => resource === "persistentvolumeclaims");
  if (claims === undefined || claims.count === 0) return undefined;
  return `${counted(claims.count, "claim")}: DATA NOT PROTECTED (this version keeps the objects, not what is in the volumes)`;
}
