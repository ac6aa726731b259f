import type { ServerRequest } from "../../install/manifests/server-request.ts";
import { type PlannedObject, pathOf } from "../../install/plan-server.ts";
import { count } from "./amounts.ts";
import { type DiffStyle, fieldLine } from "./object-diff-text.ts";
import { renderTable } from "./table.ts";

interface ServerTextStyle {
  readonly isDryRun: boolean;
  readonly style: DiffStyle;
}

/** What was done with each object of the server, or would be, and the fields that change. */
export function serverText(
  objects: readonly PlannedObject[],
  { isDryRun, style }: ServerTextStyle,
): string {
  if (objects.length === 0) return "";
  const table = renderTable(
    [
      { title: "OBJECT", cell: ({ manifest }) => pathOf(manifest) },
      { title: isDryRun ? "WOULD BE" : "WAS", cell: outcomeOf },
    ],
    objects,
  );
  const changes = objects.flatMap(({ manifest, decision }) =>
    decision.action === "change"
      ? [pathOf(manifest), ...decision.fields.map((field) => fieldLine(field, style))]
      : [],
  );
  return `\n${[table.trimEnd(), ...changes, countsOf(objects, isDryRun)].join("\n")}\n`;
}

function outcomeOf({ decision }: PlannedObject): string {
  switch (decision.action) {
    case "create":
      return "created";
    case "leave":
      return "left alone: it is as asked";
    case "change":
      return `changed: ${count(decision.fields.length)} ${decision.fields.length === 1 ? "field" : "fields"}`;
  }
}

function countsOf(objects: readonly PlannedObject[], isDryRun: boolean): string {
  const of = (action: string): string =>
    count(objects.filter(({ decision }) => decision.action === action).length);
  const would = isDryRun ? " (dry run)" : "";
  return `server: ${of("create")} created, ${of("change")} changed, ${of("leave")} left alone${would}`;
}

/** What to do after an installation. */
export function nextStepsText({ namespace, location }: ServerRequest): string {
  const at = namespace === "ark-ts" ? "" : ` -n ${namespace}`;
  if (location !== undefined)
    return `to see its locations: ark-ts backup-location get --mode server${at}`;
  return `no backup location was asked for: ark-ts install --provider aws --bucket NAME --secret-file FILE … makes one`;
}
