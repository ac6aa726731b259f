import { apiVersion, groupResource } from "../api/resource-kind.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { Collected } from "./collect-objects.ts";

/** Versions of kinds that were asked for and are missing, wholly or of some objects. */
export function reportVersions({ kinds, versions: outcome }: Collected, log: RunLog): void {
  const failed = new Set<string>();
  const preferred = new Map(kinds.map((kind) => [kind.resource, kind]));
  for (const { kind, error, taken, removed } of outcome.failures) {
    const resource = groupResource(kind);
    const version = apiVersion(kind);
    failed.add(`${resource} ${version}`);
    const why = error.answer ?? error.message;
    const extent = taken === 0 ? "none" : `only ${taken}`;
    if (removed) {
      log.find({
        severity: "warning",
        code: "ARK_KIND_REMOVED",
        resource,
        message: `version ${version} of ${resource} was removed while the backup ran: the API server serves it no more, and ${extent} of its objects are in this backup in that version`,
      });
      continue;
    }
    log.find({
      severity: "error",
      code: "ARK_LIST_FAILED",
      resource,
      message: `${resource} could not be listed in version ${version}: ${why}; ${extent} of its objects are in this backup in that version; in ${preferred.get(resource)?.version}`,
      advice: `mend what answers for it (the conversion webhook of its definition, the right to list it), leave it out with --exclude-resources ${resource}, or leave --all-api-versions out`,
    });
  }
  for (const { resource, version, count, cut, oneRevision } of outcome.versions) {
    const main = preferred.get(resource);
    if (main === undefined || count >= main.count || failed.has(`${resource} ${version}`)) continue;
    const isOfOneMoment = oneRevision && main.oneRevision && cut !== undefined && cut === main.cut;
    const missing = main.count - count;
    log.find({
      severity: isOfOneMoment ? "error" : "warning",
      code: "ARK_VERSION_INCOMPLETE",
      resource,
      message: `${missing} of ${main.count} objects of ${resource} did not come in version ${version}: they are in this backup in ${main.version} only`,
      advice: isOfOneMoment
        ? "look at what converts them (the conversion webhook of their definition)"
        : "they were deleted between two lists of the kind, as it cannot be listed at one revision",
    });
  }
}
