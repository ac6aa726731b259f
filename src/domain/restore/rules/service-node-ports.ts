import { arrayAt, changeEach, objectAt, textAt, valueAt, without } from "../../../lib/json-edit.ts";
import { isJsonObject, type JsonObject } from "../../../lib/json-text.ts";
import { lastApplied } from "../last-applied.ts";
import type { CleaningRule } from "../rule.ts";

/**
 * Node ports that the API server chose are left to it again; those a person chose stay: they are
 * in the last applied configuration, or, without one, owned by a field manager.
 */
export const serviceNodePorts: CleaningRule = {
  name: "service-node-ports",
  resources: ["services"],
  clean(service, context) {
    if (context.preserveNodePorts) return service;
    return withoutHealthCheckPort(withoutChosenPorts(service));
  },
};

function withoutChosenPorts(service: JsonObject): JsonObject {
  if (textAt(service, ["spec", "type"]) === "ExternalName") return service;
  const isExplicit = explicitPorts(service);
  return changeEach(service, ["spec", "ports"], (port) =>
    isExplicit(port) ? port : without(port, ["nodePort"]),
  );
}

function explicitPorts(service: JsonObject): (port: JsonObject) => boolean {
  const applied = lastApplied(service);
  if (applied !== undefined) {
    const named = new Set<string>();
    const unnamed = new Set<number>();
    for (const port of arrayAt(applied, ["spec", "ports"])) {
      const number = Number(valueAt(port, ["nodePort"]) ?? 0);
      if (!(number > 0)) continue;
      const name = textAt(port, ["name"]);
      if (name === "") unnamed.add(number);
      else named.add(name);
    }
    return (port) => {
      const name = textAt(port, ["name"]);
      return name === "" ? unnamed.has(Number(port["nodePort"])) : named.has(name);
    };
  }
  const owned = new Set<string>();
  for (const entry of arrayAt(service, ["metadata", "managedFields"])) {
    const ports = objectAt(entry, ["fieldsV1", "f:spec", "f:ports"]);
    for (const [key, fields] of Object.entries(ports)) {
      if (isJsonObject(fields) && Object.hasOwn(fields, "f:nodePort")) owned.add(key);
    }
  }
  return (port) =>
    owned.has(`k:{"port":${Number(port["port"])},"protocol":"${textAt(port, ["protocol"])}"}`);
}

function withoutHealthCheckPort(service: JsonObject): JsonObject {
  const applied = Number(valueAt(lastApplied(service), ["spec", "healthCheckNodePort"]) ?? 0);
  if (applied > 0) return service;
  const owned = arrayAt(service, ["metadata", "managedFields"]).some(
    (entry) => valueAt(entry, ["fieldsV1", "f:spec", "f:healthCheckNodePort"]) !== undefined,
  );
  return owned ? service : without(service, ["spec", "healthCheckNodePort"]);
}
