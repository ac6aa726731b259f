/** What runs beside a real API server: CRDs get established, namespaces get emptied. */
import { nowText, type ServerContext } from "./api-call.ts";
import { child, isObject, type Json, type JsonObject, sameJson, text } from "./json.ts";
import type { ServedKind } from "./kinds.ts";
import { finalizersOf, isTerminating, withMetadata } from "./object-form.ts";
import { cleanupFinalizer, deleteVersion } from "./remove.ts";
import { seedObject } from "./seed.ts";
import type { Table, Version } from "./store.ts";
import { isFinal, removeNow } from "./update.ts";
import { commit, objectOf } from "./write-call.ts";

export interface Controllers {
  /** One round over what needs it; false when nothing was left to do. */
  step(): boolean;
  /** True when a write to this storage may give the controllers work. */
  concernedBy(storage: string): boolean;
}

export interface ControllerOptions {
  /** Makes ServiceAccount default and ConfigMap kube-root-ca.crt in every namespace. */
  readonly namespaceDefaults: boolean;
}

const definitions = "customresourcedefinitions.apiextensions.k8s.io";
const services = "apiservices.apiregistration.k8s.io";

export function createControllers(
  context: ServerContext,
  { namespaceDefaults }: ControllerOptions,
): Controllers {
  const watched = new Set(["namespaces", definitions, services]);
  if (namespaceDefaults) watched.add("serviceaccounts").add("configmaps");
  let terminating = false;
  return {
    concernedBy: (storage) => terminating || watched.has(storage),
    step: () => {
      const states = [
        ...stepDefinitions(context),
        ...stepServices(context),
        ...stepNamespaces(context, namespaceDefaults),
      ];
      terminating = states.includes("waiting");
      return states.includes("changed");
    },
  };
}

type State = "idle" | "changed" | "waiting";

function builtIn(context: ServerContext, storage: string): ServedKind {
  const found = context.catalog.kinds().find((kind) => kind.storage === storage);
  if (found === undefined) throw new Error(`${storage} is not served`);
  return found;
}

function all(table: Table, prefix = ""): readonly Version[] {
  return [...table.scan({ prefix, from: "", revision: table.etcd.revision })];
}

function stepDefinitions(context: ServerContext): readonly State[] {
  const kind = builtIn(context, definitions);
  const table = context.store.table(definitions);
  const present = all(table);
  context.catalog.retainDefinitions(new Set(present.map((version) => version.name)));
  return present.map((version) => {
    const object = objectOf(kind, version);
    context.catalog.serve(object, version.revision);
    if (isTerminating(object)) return clearDefinition(context, kind, object);
    const next = { ...object, status: establishedStatus(context, object) };
    if (sameJson(next["status"], object["status"])) return "idle";
    commit(context, kind, next, false);
    return "changed";
  });
}

function establishedStatus(context: ServerContext, object: JsonObject): JsonObject {
  const status = child(object, "status");
  const accepted = child(child(object, "spec"), "names");
  const time = nowText(context.clock);
  const condition = (type: string, reason: string, message: string): Json => ({
    type,
    status: "True",
    lastTransitionTime: time,
    reason,
    message,
  });
  const conditions = Array.isArray(status["conditions"])
    ? status["conditions"]
    : [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ];
  return { conditions, acceptedNames: accepted, storedVersions: storedVersions(object) };
}

function storedVersions(object: JsonObject): Json {
  const had = child(object, "status")["storedVersions"];
  const versions = child(object, "spec")["versions"];
  const stored = (Array.isArray(versions) ? versions : []).filter(isObject);
  const name = text(stored.find((version) => version["storage"] === true)?.["name"]);
  const known = Array.isArray(had) ? had : [];
  return known.includes(name) ? known : [...known, name];
}

/** Deletes the custom objects; once they are gone, the definition. */
function clearDefinition(context: ServerContext, kind: ServedKind, object: JsonObject): State {
  const spec = child(object, "spec");
  const storage = `${text(child(spec, "names")["plural"])}.${text(spec["group"])}`;
  const served = context.catalog.kinds().find((candidate) => candidate.storage === storage);
  const table = context.store.table(storage);
  if (served !== undefined && deleteAll(context, served, all(table))) return "changed";
  if (all(table).length > 0) return "waiting";
  const finalizers = finalizersOf(object).filter((finalizer) => finalizer !== cleanupFinalizer);
  if (finalizers.length > 0) return "waiting";
  removeNow(context, kind, withMetadata(object, { finalizers: undefined }));
  return "changed";
}

/** True when something was deleted or newly marked. */
function deleteAll(
  context: ServerContext,
  kind: ServedKind,
  versions: readonly Version[],
): boolean {
  const remaining = versions.filter((version) => !isTerminating(objectOf(kind, version)));
  for (const version of remaining) deleteVersion(context, kind, version, false);
  return remaining.length > 0;
}

function stepServices(context: ServerContext): readonly State[] {
  const kind = builtIn(context, services);
  const objects = all(context.store.table(services)).map((version) => objectOf(kind, version));
  context.catalog.registerServices(objects);
  return [];
}

function stepNamespaces(context: ServerContext, defaults: boolean): readonly State[] {
  const kind = builtIn(context, "namespaces");
  return all(context.store.table("namespaces")).map((version) => {
    const object = objectOf(kind, version);
    if (isTerminating(object)) return clearNamespace(context, kind, object);
    return defaults && fillNamespace(context, version.name) ? "changed" : "idle";
  });
}

function clearNamespace(context: ServerContext, kind: ServedKind, object: JsonObject): State {
  const prefix = `${text(child(object, "metadata")["name"])}/`;
  const kinds = new Map(context.catalog.kinds().map((served) => [served.storage, served]));
  let left = 0;
  let changed = false;
  for (const served of kinds.values()) {
    if (!served.namespaced) continue;
    const table = context.store.table(served.storage);
    changed = deleteAll(context, served, all(table, prefix)) || changed;
    left += all(table, prefix).length;
  }
  if (left > 0) return changed ? "changed" : "waiting";
  const { finalizers: _done, ...spec } = child(object, "spec");
  const emptied = { ...object, spec };
  if (!isFinal(kind, emptied)) return "waiting";
  removeNow(context, kind, emptied);
  return "changed";
}

function fillNamespace(context: ServerContext, namespace: string): boolean {
  const wanted: readonly JsonObject[] = [
    { kind: "ServiceAccount", apiVersion: "v1", metadata: { name: "default", namespace } },
    {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "kube-root-ca.crt", namespace },
      data: { "ca.crt": "in-memory" },
    },
  ];
  const missing = wanted.filter((object) => {
    const storage = object["kind"] === "ConfigMap" ? "configmaps" : "serviceaccounts";
    const name = text(child(object, "metadata")["name"]);
    return context.store.table(storage).get(`${namespace}/${name}`) === undefined;
  });
  for (const object of missing) {
    const storage = object["kind"] === "ConfigMap" ? "configmaps" : "serviceaccounts";
    seedObject(context, builtIn(context, storage), object);
  }
  return missing.length > 0;
}
