import type { Difference, ReadBack } from "../../api/read-back.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import { clusterWriters } from "../../domain/restore/attribute-change.ts";

/** Findings of one restore. */
const maxFindings = 50;

/** What a webhook or a stranger changed is a warning; the rest goes to the log. */
export function reportReadBack(result: ReadBack, log: RunLog): void {
  const notable = result.differences.filter(isNotable);
  for (const difference of notable.slice(0, maxFindings)) {
    log.find({
      severity: "warning",
      code: "ARK_RESTORED_DIFFERS",
      message: sentence(difference),
      resource: difference.resource,
    });
  }
  for (const difference of result.differences) {
    if (!isNotable(difference)) log.write("info", sentence(difference), { ...difference });
  }
  const { differences: _, ...counts } = result;
  log.write("info", "what was restored was read back", counts);
}

function isNotable({ by, who }: Difference): boolean {
  return by === "webhook" || (by === "writer" && !who.every((name) => clusterWriters.test(name)));
}

const verbs = {
  added: "added",
  removed: "removed",
  changed: "changed",
  reordered: "reordered",
} as const;

function sentence(difference: Difference): string {
  const { resource, path, change, objects, names } = difference;
  const more = objects > names.length ? " and others" : "";
  const of =
    objects === 1
      ? `${resource} ${names[0] ?? ""}`
      : `${objects} ${resource}, such as ${names.join(", ")}${more}`;
  return `${authorOf(difference)} ${verbs[change]} ${path} in ${of}`;
}

function authorOf({ by, who }: Difference): string {
  const names = who.join(" or ");
  switch (by) {
    case "api-server":
      return "the API server";
    case "webhook":
      return who.length === 1 ? `webhook ${names}` : `one of the webhooks ${names}`;
    case "writer":
      return `the writer ${names}`;
  }
}
