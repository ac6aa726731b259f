import type { FieldChange } from "../../domain/diff/field-change.ts";
import type { PlannedItem, PlannedVolume } from "../../domain/restore/planned-item.ts";
import type {
  TargetFinding,
  TargetSeverity,
} from "../../domain/restore/target-findings/finding.ts";
import type {
  DryRunCounts,
  ItemActionCounts,
  RestorePlanHeader,
} from "../../restore/plan/plan-document.ts";
import { count, counted, span } from "./amounts.ts";
import { findingLines } from "./finding-lines.ts";
import type { Painter } from "./painter.ts";
import { versionLines } from "./version-lines.ts";

export interface RestorePlanStyle {
  readonly painter: Painter;
  readonly details: boolean;
  /** Objects that each mapping and modifier rule applies to, by its title. */
  readonly changed: ReadonlyMap<string, number>;
  /** Volumes that are made of each {@link volumeSource}. */
  readonly volumes: ReadonlyMap<string, number>;
}

/** Findings of one severity, and fields of one object, that fit a screen. */
const mostFindings = 12;
const mostFields = 12;
const longestValue = 60;

/** A plan for people, all but its objects. */
export function renderRestorePlan(
  plan: RestorePlanHeader,
  patches: readonly PlannedItem[],
  { painter, details, changed, volumes }: RestorePlanStyle,
): string {
  const { metadata, totals, backup, cluster, estimate } = plan;
  const context = cluster.context === "" ? `cluster ${cluster.id}` : `context ${cluster.context}`;
  const most = details ? Number.POSITIVE_INFINITY : mostFindings;
  const severities = (["blocks", "warning", "info"] as const).map((severity) =>
    severityText(plan, severity, painter, most),
  );
  return [
    `plan ${painter.bold(metadata.name)} for ${counted(totals.objects, "object")} from ${backup.name}, into ${context}; nothing was written\n\n`,
    versionLines(plan.versions),
    findingLines(plan.notes, painter, "see them all with -o json"),
    ...severities,
    `  ${actionsText(totals, painter)}\n`,
    details || totals.objects === 0 ? "" : `  ${painter.dim("--details lists every object")}\n`,
    patches.length === 0 ? "" : `\n${patches.map((item) => itemLine(item, painter)).join("")}`,
    `\n${volumesText(volumes)}${changedText(changed)}${itemActionsText(plan.itemActions)}${dryRunText(plan.dryRun)}`,
    `about ${span(estimate.seconds * 1000)} of writing at ${count(estimate.rate)} objects/s (${estimate.basis})\n`,
  ].join("");
}

/** What would become of one object that was asked for by its name. */
export function renderPlannedObject(
  plan: RestorePlanHeader,
  items: readonly PlannedItem[],
  painter: Painter,
): string {
  const severities = (["blocks", "warning", "info"] as const).map((severity) =>
    severityText(plan, severity, painter, mostFindings),
  );
  return [
    "nothing was written; a restore would do this:\n",
    ...items.map((item) => itemLine(item, painter)),
    findingLines(plan.notes, painter, "see them all with ark-ts restore plan -o json"),
    ...severities,
    dryRunText(plan.dryRun),
  ].join("");
}

function actionsText(totals: RestorePlanHeader["totals"], painter: Painter): string {
  const { create, patch, recreate, delete: removed, skip, wait, keep = 0, blocked } = totals;
  const { differ = 0 } = totals;
  const parts = [`create ${count(create)}`, `patch ${count(patch)}`];
  if (recreate > 0) parts.push(`recreate ${count(recreate)}`);
  if (removed > 0) parts.push(painter.bad(`delete ${count(removed)}`));
  parts.push(
    `skip ${count(skip)}${differ > 0 ? ` (${count(differ)} ${differ === 1 ? "differs" : "differ"})` : ""}`,
  );
  if (wait > 0) parts.push(`wait ${count(wait)}`);
  if (keep > 0) parts.push(`keep ${count(keep)}`);
  if (blocked > 0) parts.push(painter.bad(`${count(blocked)} of them blocked`));
  return parts.join("   ");
}

const words: Readonly<Record<TargetSeverity, string>> = {
  blocks: "blocks",
  warning: "warns",
  info: "notes",
};
const meanings: Readonly<Record<TargetSeverity, string>> = {
  blocks: "the API server will refuse these; the rest is restored",
  warning: "these are written, and may not work",
  info: "",
};

function severityText(
  { findings }: RestorePlanHeader,
  severity: TargetSeverity,
  painter: Painter,
  most: number,
): string {
  const all = findings.filter((finding) => finding.severity === severity);
  if (all.length === 0) return "";
  const paint = { blocks: painter.bad, warning: painter.warn, info: painter.dim }[severity];
  const head = `  ${paint(words[severity].padEnd(7))} ${count(all.length)}   ${painter.dim(meanings[severity])}`;
  const lines = all.slice(0, most).flatMap((finding) => findingText(finding, painter));
  const left = all.length - most;
  if (left > 0) lines.push(`    and ${count(left)} more: see them with --details or -o json`);
  return `${[head.trimEnd(), ...lines].join("\n")}\n`;
}

function findingText(
  { kind, namespace, name, message, advice, code }: TargetFinding,
  painter: Painter,
): readonly string[] {
  const place = [namespace, name].filter((part) => part !== undefined).join("/");
  const subject = [kind, place].filter((part) => part !== undefined && part !== "").join(" ");
  return [
    `    ${subject === "" ? "" : `${subject}  `}${message}   ${painter.dim(`(${code})`)}`,
    ...(advice === undefined ? [] : [`      ${advice}`]),
  ];
}

/** One object and its changed fields. */
export function itemLine(item: PlannedItem, painter: Painter): string {
  const { action, kind, namespace, name, reason, changes = [] } = item;
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  const blocked = item.blocked === true ? painter.bad("   BLOCKED") : "";
  const head = `  ${action.padEnd(8)} ${kind} ${place}   ${painter.dim(reason)}${blocked}\n`;
  const fields = changes
    .slice(0, mostFields)
    .map((change) => `             ${fieldText(change)}\n`);
  const left = changes.length - mostFields;
  if (left > 0) fields.push(`             and ${counted(left, "more field")}\n`);
  const volume = item.volume === undefined ? "" : volumeLine(item.volume);
  return head + volume + changedLines(item) + actLines(item) + fields.join("");
}

/** By which method, and by whom, the data of a volume comes back. */
export function volumeSource({ location, provider }: PlannedVolume): string {
  return provider === undefined
    ? `native snapshots of location ${location}, which is not here`
    : `native snapshots by ${provider} (location ${location})`;
}

function volumeLine({ snapshot, location, provider = "nobody here" }: PlannedVolume): string {
  return `             its volume is made of native snapshot ${snapshot} by ${provider} (location ${location})\n`;
}

function volumesText(volumes: ReadonlyMap<string, number>): string {
  const lines = [...volumes].map(([from, made]) => `${counted(made, "volume")} of ${from}\n`);
  return lines.map((line, at) => `${at === 0 ? "volumes  " : "         "}${line}`).join("");
}

/** Mappings and modifiers that apply to it, and what of them could not be applied. */
function changedLines({ changedBy = [], unmodified = [] }: PlannedItem): string {
  const lines = [...changedBy.map((title) => `changed by ${title}`), ...unmodified];
  return lines.map((line) => `             ${line}\n`).join("");
}

function changedText(changed: ReadonlyMap<string, number>): string {
  const lines = [...changed].map(([title, objects]) => `${title}: ${counted(objects, "object")}\n`);
  return lines.map((line, at) => `${at === 0 ? "changes  " : "         "}${line}`).join("");
}

/** What item actions do with it, one line each. */
function actLines({ itemActions = [] }: PlannedItem): string {
  const lines = itemActions.map(({ action, does, reason, asksFor = [] }) => {
    const asks = asksFor.length === 0 ? "" : `; it asks for ${asksFor.join(", ")}`;
    if (does === "not asked") return `not asked: action ${action} (${reason})`;
    return `action ${action} ${verbs[does]}${asks}`;
  });
  return lines.map((line) => `             ${line}\n`).join("");
}

const verbs = {
  change: "changes it",
  "leave as it is": "leaves it as it is",
  "leave out": "leaves it out",
} as const;

function itemActionsText(counts: readonly ItemActionCounts[] = []): string {
  const lines = counts.map(({ action, changed, left, leftOut, notAsked }) => {
    const parts = [
      ...(changed > 0 ? [`changes ${count(changed)}`] : []),
      ...(leftOut > 0 ? [`leaves ${count(leftOut)} out`] : []),
      ...(left > 0 ? [`leaves ${count(left)} as they are`] : []),
      ...(notAsked > 0 ? [`not asked about ${count(notAsked)}`] : []),
    ];
    return `${action}: ${parts.join(", ")}\n`;
  });
  return lines.map((line, at) => `${at === 0 ? "actions  " : "         "}${line}`).join("");
}

function fieldText({ path, change, before, after, masked }: FieldChange): string {
  const text = (value: FieldChange["before"]): string => {
    const json = typeof value === "string" && masked === true ? value : JSON.stringify(value);
    return json.length > longestValue ? `${json.slice(0, longestValue)}…` : json;
  };
  switch (change) {
    case "added":
      return `${path}:   added ${text(after)}`;
    case "removed":
      return `${path}:   removed ${text(before)}`;
    case "reordered":
      return `${path}:   in another order`;
    case "changed":
      return `${path}:   ${text(before)} -> ${text(after)}`;
  }
}

function dryRunText(counts: DryRunCounts): string {
  const { mode, asked, accepted, refused, unanswered, notAsked, schemaChecked } = counts;
  const left = notAsked.reduce((sum, { objects }) => sum + objects, 0);
  if (asked + left === 0) return "";
  const answers = [`${count(accepted)} accepted`];
  if (refused > 0) answers.push(`${count(refused)} refused`);
  if (unanswered > 0) answers.push(`${count(unanswered)} could not be answered yet`);
  const reasons = notAsked.map(({ reason, objects }) => `    ${count(objects)}: ${reason}\n`);
  const head =
    mode === "none"
      ? "dry-run  none was asked for"
      : `dry-run  ${count(asked)} of ${count(asked + left)} asked: ${answers.join(", ")}`;
  const rest =
    left === 0
      ? ""
      : `; ${count(left)} not asked, ${count(schemaChecked)} of them checked by schema`;
  return `${head}${rest}\n${reasons.join("")}`;
}
