import { arrayAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { lastApplied } from "./last-applied.ts";

/**
 * The cluster IP that a person gave a Service, as of a DNS server or of what is called by its number;
 * undefined where the API server chose it: no field manager owns it, and it was not applied.
 */
export function chosenAddress(service: JsonObject): string | undefined {
  const address = textAt(service, ["spec", "clusterIP"]);
  if (address === "" || address === "None") return undefined;
  const isOwned = arrayAt(service, ["metadata", "managedFields"]).some(
    (entry) => valueAt(entry, ["fieldsV1", "f:spec", "f:clusterIP"]) !== undefined,
  );
  const isApplied = textAt(lastApplied(service), ["spec", "clusterIP"]) === address;
  return isOwned || isApplied ? address : undefined;
}

/** The same, where a Service to be made does not ask for it. */
export function droppedAddress(backedUp: JsonObject, desired: JsonObject): string | undefined {
  if (textAt(desired, ["spec", "type"]) === "ExternalName") return undefined;
  return textAt(desired, ["spec", "clusterIP"]) === "" ? chosenAddress(backedUp) : undefined;
}

/** As JSON patches of a resource modifier file give it back. */
export const adviceToKeepAddress =
  "tell the new one to who calls it by its number; or restore it with a --resource-modifier-file that adds spec.clusterIP";
