import { annotations } from "../../api/labels.ts";
import type { Restore } from "../../api/restore.ts";
import type { ActivationState, RestoreAftermath } from "../../catalog/restore-aftermath.ts";
import { count, counted } from "./amounts.ts";
import type { DescriptionLine } from "./description.ts";
import { localTime, type TimeStyle } from "./local-time.ts";

interface Shown {
  readonly restore: Restore;
  readonly aftermath: RestoreAftermath;
}

/** The resource for json and yaml of a list; what was done about it since is in annotations. */
export function shownRestore({ restore, aftermath: { undo, undoing, passive } }: Shown): Restore {
  const isUndone = undo !== undefined && undo.extent !== "none";
  const isRunning = undoing?.outcome === "running";
  const isActive = passive?.activation !== undefined && !isVain(passive.activation);
  const since = {
    ...(isUndone && { [annotations.undone]: undo.extent }),
    ...(undoing && { [annotations.undone]: isRunning ? "running" : "interrupted" }),
    ...(passive && { [annotations.activated]: isActive ? passive.activation?.endedAt : "" }),
  };
  if (Object.keys(since).length === 0) return restore;
  const { metadata } = restore;
  return {
    ...restore,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...since } },
  };
}

/** In a column of a table; empty: nothing was done about it. */
export function aftermathNote({ undo, undoing, passive }: RestoreAftermath): string {
  if (undoing !== undefined) {
    return undoing.outcome === "running" ? "being undone" : "undo interrupted";
  }
  if (undo?.extent === "whole") return "undone";
  if (undo?.extent === "in part") return "undone in part";
  if (passive === undefined) return "";
  const { activation } = passive;
  if (activation === undefined) return "passive";
  if (isVain(activation)) return "not activated";
  return activation.failed > 0 ? "activated in part" : "activated";
}

/** Nothing of it is at work. */
function isVain({ active, failed }: Pick<ActivationState, "active" | "failed">): boolean {
  return active === 0 && failed > 0;
}

/** Lines of a description; none where there is nothing to tell. */
export function aftermathLines(
  name: string,
  { undo, undoing, passive }: RestoreAftermath,
  style: TimeStyle,
): readonly DescriptionLine[] {
  const lines: DescriptionLine[] = [];
  if (undoing !== undefined) {
    const since = localTime(undoing.startedAt, style);
    const value =
      undoing.outcome === "running"
        ? `is being undone, since ${since}`
        : `cut off${undoing.outcome === "open" ? ", or goes on elsewhere" : ""}; begun ${since}; to go on: ark-ts restore undo ${name}`;
    lines.push({ key: "Undo", value });
  }
  if (undo !== undefined) {
    const { extent, endedAt, undone, left } = undo;
    const at = localTime(endedAt, style);
    const again = `; to go on: ark-ts restore undo ${name}`;
    const parts = `${counted(undone, "object")} taken back, ${counted(left, "object")} not`;
    const value =
      extent === "whole"
        ? `${at}: ${counted(undone, "object")} taken back`
        : extent === "in part"
          ? `in part, ${at}: ${parts}${again}`
          : `no; it was tried ${at}${again}`;
    lines.push({ key: "Undone", value });
  }
  if (passive !== undefined) {
    const { activation } = passive;
    const by = `ark-ts restore activate ${name}`;
    const value =
      activation === undefined
        ? `no; to put to work what it made: ${by}`
        : activationText(activation, localTime(activation.endedAt, style), by);
    lines.push({ key: "Activated", value });
  }
  return lines.length === 0 ? [] : [...lines, ""];
}

function activationText({ active, gone, failed }: ActivationState, at: string, by: string): string {
  const goneText = gone === 0 ? "" : `, ${count(gone)} gone`;
  if (isVain({ active, failed })) {
    return `no; it was tried ${at}: ${count(failed)} failed${goneText}; to try again: ${by}`;
  }
  const text = `${at}: ${counted(active, "object")} at work${goneText}`;
  return failed === 0 ? text : `in part, ${text}, ${count(failed)} failed; to go on: ${by}`;
}
