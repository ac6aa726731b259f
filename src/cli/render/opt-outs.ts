import { labels } from "../../api/labels.ts";
import type { OptOuts } from "../../backup/opt-outs.ts";
import { counted } from "./amounts.ts";
import { reportLine } from "./finding-lines.ts";

const namesShown = 6;

/** What a label keeps out of a backup, on one line; empty text where it keeps out nothing. */
export function optOutsLine(optedOut: OptOuts | undefined): string {
  const { objects = 0, namespaces = [] } = optedOut ?? {};
  const more = namespaces.length - namesShown;
  const names = namespaces.slice(0, namesShown).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const parts = [
    ...(namespaces.length > 0
      ? [`${namespaces.length === 1 ? "namespace" : "namespaces"} ${names}`]
      : []),
    ...(objects > 0 ? [counted(objects, namespaces.length > 0 ? "other object" : "object")] : []),
  ];
  if (parts.length === 0) return "";
  return reportLine(
    "left out",
    `${parts.join(" and ")}, by label ${labels.excludeFromBackup}=true`,
  );
}
