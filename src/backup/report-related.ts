import { groupResource } from "../api/resource-kind.ts";
import type { Finding } from "../api/results.ts";
import type { RunLog } from "../catalog/run-log.ts";
import type { ItemReference } from "../domain/references/item-reference.ts";
import type { RelatedOutcome } from "./collect-objects.ts";

/** Findings one by one up to so many; a cluster half torn down has thousands. */
const toldOneByOne = 50;

/** What objects in the backup refer to and what is not in it. */
export function reportRelated(related: RelatedOutcome, log: RunLog): void {
  for (const finding of related.findings) log.find(finding);
  for (const { kind, error } of related.failures) {
    const resource = groupResource(kind);
    log.find({
      severity: "warning",
      code: "ARK_RELATED_LEFT_OUT",
      resource,
      message: `objects in this backup refer to ${resource}, which could not be listed: ${error.answer ?? error.message}`,
      advice: `get the right to list ${resource}, or leave them out with --exclude-resources ${resource}`,
    });
  }
  for (const item of related.dangling.slice(0, toldOneByOne)) {
    log.find(danglingFinding(item, "objects in this backup refer to it"));
  }
  for (const { resource, place } of related.unordered) {
    log.find({
      severity: "warning",
      code: "ARK_ORDER_NO_EFFECT",
      resource,
      message: `the order of ${resource} names ${place}, which is not in this backup`,
    });
  }
  const rest = related.dangling.length - toldOneByOne;
  if (rest > 0) {
    log.find({
      severity: "warning",
      code: "ARK_REFERENCE_DANGLING",
      message: `${rest} more items that objects in this backup refer to do not exist`,
    });
  }
}

/** An item that does not exist, and what refers to it. */
export function danglingFinding({ resource, namespace, name }: ItemReference, by: string): Finding {
  const place = namespace === "" ? name : `${namespace}/${name}`;
  return {
    severity: "warning",
    code: "ARK_REFERENCE_DANGLING",
    resource,
    namespace,
    name,
    message: `${resource} ${place} does not exist, and ${by}`,
  };
}
