import type { RestoreDecision } from "../../domain/restore/decide.ts";
import type { TransformedItem } from "../../domain/restore/transform.ts";
import { containsJson } from "../../lib/contains-json.ts";
import { arrayAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

type DesiredItem = Extract<TransformedItem, { kind: "object" }>;

const madeByControllers = ["serviceaccounts/default", "configmaps/kube-root-ca.crt"];

/** Made by controllers in every new namespace; a process that died may have met them. */
export function isMadeByControllers(resource: string, name: string): boolean {
  return madeByControllers.includes(`${resource}/${name}`);
}

/**
 * Whether an object that is there is the one that a process of this run was about to create when
 * it died: it was not there before, it holds all that was sent, and a writer of ours owns fields
 * of it. `decision` is the one that would be made of it otherwise.
 */
export function isOwnCreation(
  resource: string,
  live: JsonObject,
  item: DesiredItem,
  decision: RestoreDecision,
): boolean {
  if (isMadeByControllers(resource, textAt(live, ["metadata", "name"]))) return false;
  const isEqual = decision.action === "skip" && !decision.differs;
  return (isEqual || containsJson(live, item.desired)) && isOwnedByOurs(live, item);
}

function isOwnedByOurs(live: JsonObject, { ownership }: DesiredItem): boolean {
  const managers = new Set([
    ownership.fieldManager,
    ...(ownership.managedFields ?? []).map((entry) => textAt(entry, ["manager"])),
  ]);
  const entries = arrayAt(live, ["metadata", "managedFields"]);
  return entries.length === 0 || entries.some((entry) => managers.has(textAt(entry, ["manager"])));
}
