import type { ResourceKind } from "../../api/resource-kind.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json-text.ts";
import type { Schema, SchemaLookup } from "./schema-check.ts";

/** The schema of one kind, with what it refers to. */
export interface KindSchema {
  readonly schema: Schema;
  readonly lookup: SchemaLookup;
  /** A kind of the API server's own. */
  readonly builtIn: boolean;
}

/** How API servers call the schemas of their own kinds; those of definitions begin with the group. */
const builtInNames = /^io\.k8s\.(?:api|apimachinery|apiextensions-apiserver|kube-aggregator)\./;

/** Whether creating an object of the kind takes the parameter `dryRun`. */
export function listsDryRun(
  document: unknown,
  { group, version, resource, namespaced }: ResourceKind,
): boolean {
  const scope = namespaced ? "/namespaces/{namespace}" : "";
  const path = `/apis/${group}/${version}${scope}/${resource}`;
  const entry = objectAt(document as JsonValue, ["paths"])[path];
  const parameters = [...arrayAt(entry, ["parameters"]), ...arrayAt(entry, ["post", "parameters"])];
  return parameters.some(
    (one) => textAt(one, ["name"]) === "dryRun" || /\/dryRun(?:-|$)/.test(textAt(one, ["$ref"])),
  );
}

/** Of an OpenAPI v3 document of an API server. Undefined: it has none for the kind. */
export function schemaOfKind(
  document: unknown,
  { group, version, kind }: Pick<ResourceKind, "group" | "version" | "kind">,
): KindSchema | undefined {
  const schemas = objectAt(document as JsonValue, ["components", "schemas"]);
  const [name, schema] =
    Object.entries(schemas).find(([, one]) =>
      arrayAt(one, ["x-kubernetes-group-version-kind"]).some(
        (gvk) =>
          textAt(gvk, ["group"]) === group &&
          textAt(gvk, ["version"]) === version &&
          textAt(gvk, ["kind"]) === kind,
      ),
    ) ?? [];
  if (name === undefined || !isJsonObject(schema)) return undefined;
  const prefix = "#/components/schemas/";
  const lookup: SchemaLookup = (reference) => {
    const found = reference.startsWith(prefix)
      ? schemas[reference.slice(prefix.length)]
      : undefined;
    return isJsonObject(found) ? found : undefined;
  };
  return { schema, lookup, builtIn: builtInNames.test(name) };
}

/** Of a CustomResourceDefinition, for one `apiVersion`. Undefined: it does not serve that. */
export function schemaOfDefinition(
  definition: JsonObject,
  apiVersion: string,
): KindSchema | undefined {
  const group = textAt(definition, ["spec", "group"]);
  const version = arrayAt(definition, ["spec", "versions"]).find(
    (one) =>
      `${group}/${textAt(one, ["name"])}` === apiVersion && valueAt(one, ["served"]) === true,
  );
  if (version === undefined) return undefined;
  const schema = valueAt(version, ["schema", "openAPIV3Schema"]);
  const whole = isJsonObject(schema) ? schema : {};
  return { schema: whole, lookup: () => undefined, builtIn: false };
}
