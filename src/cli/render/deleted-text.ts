import type { DeletedBackup, HiddenData } from "../../catalog/delete-backup.ts";
import { counted, size } from "./amounts.ts";
import { reportLine } from "./finding-lines.ts";
import { localTime } from "./local-time.ts";

/** Never "deleted": the bytes are still there. */
export function hiddenText({ until, freedAbout }: HiddenData): string {
  if (until !== undefined) return `hidden until ${localTime(until.toISOString())}`;
  if (freedAbout === undefined) return "hidden";
  return `hidden until about ${localTime(freedAbout.toISOString())} (the bucket's lifecycle rule)`;
}

/** What a deletion did, and what it left. */
export function deletedText(deleted: DeletedBackup): string {
  const { name, wasSealed, removedKeys, removedBytes, hidden, abandoned, restores } = deleted;
  const { snapshots = 0, natives = 0 } = deleted;
  const what = wasSealed ? `backup ${name}` : `what a run left under the name ${name}`;
  const verb = hidden === undefined ? "deleted" : hiddenText(hidden);
  const files = `${counted(removedKeys.length, "file")}, ${size(removedBytes)}`;
  const also = [
    ...(snapshots === 0 ? [] : [`; and ${counted(snapshots, "CSI snapshot")} in the storage`]),
    ...(natives === 0 ? [] : [`; and ${counted(natives, "native snapshot")} of its provider`]),
  ].join("");
  let text = `${what} ${verb}: ${files}${also}\n`;
  if (hidden !== undefined) {
    text += reportLine(
      "kept",
      `the bucket keeps versions: ${size(hidden.bytes)} are not freed yet`,
    );
  }
  if (abandoned.length > 0) text += reportLine("left", `${abandoned.join("\n")}\nnobody's now`);
  if (restores.length > 0) {
    text += reportLine("restores", `made from it, and their records stay: ${restores.join(", ")}`);
  }
  return text;
}
