import type { DeletedBackup } from "../../catalog/delete-backup.ts";
import { counted, size } from "./amounts.ts";
import { reportLine } from "./finding-lines.ts";

/** What a deletion did, and what it left. */
export function deletedText(deleted: DeletedBackup): string {
  const { name, wasSealed, removedKeys, removedBytes, abandoned, restores } = deleted;
  const what = wasSealed
    ? `backup ${name} deleted`
    : `what a run left under the name ${name} deleted`;
  let text = `${what}: ${counted(removedKeys.length, "file")}, ${size(removedBytes)}\n`;
  if (abandoned.length > 0) text += reportLine("left", `${abandoned.join("\n")}\nnobody's now`);
  if (restores.length > 0) {
    text += reportLine("restores", `made from it, and their records stay: ${restores.join(", ")}`);
  }
  return text;
}
