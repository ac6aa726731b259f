import type { UndoOutcome, UndoReport } from "../../restore/undo/undo-request.ts";
import type { UndoPlan } from "../../restore/undo/undo-restore.ts";
import { count, counted, span } from "./amounts.ts";
import type { Painter } from "./painter.ts";

const words = {
  delete: "delete",
  "put back": "put back",
  recreate: "recreate",
  make: "make again",
  left: "leave",
  done: "done",
} as const;

export interface UndoStyle {
  readonly painter: Painter;
  /** Every object by its name. */
  readonly details: boolean;
}

/** Objects of one sort that are named; of more the kinds are counted. */
const mostNamed = 12;

/** What undoing would do; what is done already is a number only. */
export function renderUndoPlan(
  { restore, steps }: UndoPlan,
  { painter, details }: UndoStyle,
): string {
  let text = `undo of restore ${painter.bold(restore)}: ${counted(steps.length, "object")}\n`;
  let isShort = false;
  for (const step of ["delete", "put back", "recreate", "make", "left"] as const) {
    const here = steps.filter(({ verdict }) => verdict.step === step);
    if (here.length === 0) continue;
    const title = `  ${words[step]}  ${count(here.length)}`;
    text += `${step === "left" ? painter.warn(title) : title}\n`;
    const most = details ? Number.POSITIVE_INFINITY : mostNamed;
    isShort ||= here.length > most;
    // What is left is for somebody to look at: some of it is named in any case.
    const isCounted = here.length > most && step !== "left";
    text += isCounted ? kindsText(here.map(({ change }) => change.kind)) : "";
    for (const { change, verdict } of isCounted ? [] : here.slice(0, most)) {
      const flag = verdict.step === "left" && verdict.flag ? `  (${verdict.flag})` : "";
      text += `    ${objectText(change)}  ${verdict.reason}${flag}\n`;
    }
    if (!isCounted && here.length > most) text += moreText(here.length - most);
  }
  const done = steps.filter(({ verdict }) => verdict.step === "done").length;
  if (done > 0) text += `  nothing to do for ${counted(done, "object")}\n`;
  if (isShort) text += `  ${painter.dim("--details lists every object")}\n`;
  return text;
}

/** The account that ends `restore undo`. */
export function renderUndoReport(
  report: UndoReport,
  durationMs: number,
  { painter, details }: UndoStyle,
): string {
  const { restore, outcomes, failure } = report;
  const of = (outcome: UndoOutcome["outcome"]): string =>
    count(outcomes.filter((one) => one.outcome === outcome).length);
  let text = `restore ${painter.bold(restore)}: ${phaseText(report, durationMs, painter)}\n`;
  if (failure !== undefined) text += `  reason    ${failure.message}   (${failure.code})\n`;
  text += `  deleted ${of("deleted")}   put back ${of("put back")}   made again ${of("made again")}   done before ${of("done before")}   left ${of("left")}   failed ${of("failed")}\n`;
  const open = outcomes.filter(({ outcome }) => outcome === "failed" || outcome === "left");
  // What failed before what was left on purpose.
  open.sort((a, b) => a.outcome.localeCompare(b.outcome));
  const most = details ? Number.POSITIVE_INFINITY : mostNamed;
  for (const one of open.slice(0, most)) {
    const flag = one.flag === undefined ? "" : `  (${one.flag})`;
    text += `  ${one.outcome.padEnd(8)}  ${objectText(one)}: ${one.reason}${flag}\n`;
  }
  if (open.length > most) text += moreText(open.length - most);
  return text + heldText(outcomes, most);
}

/** What was deleted is not gone before its finalizers are. */
function heldText(outcomes: readonly UndoOutcome[], most: number): string {
  const held = outcomes.filter(({ finalizers = [] }) => finalizers.length > 0);
  const lines = held.slice(0, most).map((one) => {
    const names = (one.finalizers ?? []).join(", ");
    return `  held      ${objectText(one)}: deleted, and there until its finalizers are taken away: ${names}\n`;
  });
  return lines.join("") + (held.length > most ? moreText(held.length - most) : "");
}

function phaseText({ phase, outcomes }: UndoReport, durationMs: number, painter: Painter): string {
  const took = `in ${span(durationMs)}`;
  if (phase === "Failed") return `${painter.bad("undoing failed")} ${took}`;
  if (phase === "PartiallyFailed") return `${painter.warn("undone in part")} ${took}`;
  const isNothing = outcomes.every(({ outcome }) => outcome === "done before");
  return isNothing ? "nothing was left to be undone" : `${painter.good("undone")} ${took}`;
}

function moreText(left: number): string {
  return `    and ${count(left)} more: see them with --details or -o json\n`;
}

/** The most frequent first. */
function kindsText(kinds: readonly string[]): string {
  const groups = [...Map.groupBy(kinds, (kind) => kind)];
  groups.sort(([a, of], [b, others]) => others.length - of.length || a.localeCompare(b));
  return groups.map(([kind, of]) => `    ${kind}  ${count(of.length)}\n`).join("");
}

function objectText({
  kind,
  namespace,
  name,
}: Pick<UndoOutcome, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}
