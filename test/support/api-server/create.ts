/** POST: checks, what the server fills in, the commit. */
import {
  type ApiResponse,
  nowText,
  objectResponse,
  type ResourceRequest,
  type ServerContext,
} from "./api-call.ts";
import { ApiStatus, alreadyExists, badRequest, notFound } from "./api-status.ts";
import { child, isObject, type Json, type JsonObject, text } from "./json.ts";
import { builtInKinds, qualified, type ServedKind } from "./kinds.ts";
import { getForm, withMetadata, writtenForm } from "./object-form.ts";
import { checkName, nameSuffix } from "./object-names.ts";
import {
  commit,
  currentVersion,
  fieldWrite,
  objectBody,
  objectOf,
  ownChanges,
  writeMode,
} from "./write-call.ts";

const namespaces = builtInKinds.find((kind) => kind.resource === "namespaces") as ServedKind;

/** Throws 404 for a missing namespace, 403 for one that is being deleted. */
export function checkNamespace(context: ServerContext, request: ResourceRequest): void {
  const { kind, namespace, name } = request;
  if (!kind.namespaced) return;
  const version = context.store.table(namespaces.storage).get(namespace);
  if (version === undefined) throw notFound(namespaces, namespace);
  const object = objectOf(namespaces, version);
  if (child(object, "metadata")["deletionTimestamp"] === undefined) return;
  const message = `${qualified(kind)} ${JSON.stringify(name)} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`;
  throw new ApiStatus(403, "Forbidden", message, {
    details: {
      name,
      group: kind.group,
      kind: kind.resource,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  });
}

/** Status of a new object of a built-in kind that has one. */
const initialStatus: Readonly<Record<string, JsonObject>> = {
  namespaces: { phase: "Active" },
  pods: { phase: "Pending", qosClass: "BestEffort" },
  persistentvolumeclaims: { phase: "Pending" },
  persistentvolumes: { phase: "Pending" },
  services: { loadBalancer: {} },
  "ingresses.networking.k8s.io": { loadBalancer: {} },
};

function withInitialStatus(kind: ServedKind, object: JsonObject): JsonObject {
  if (!kind.subresources.some((sub) => sub.name === "status")) return object;
  const { status: _asked, ...rest } = object;
  return kind.custom ? rest : { ...rest, status: initialStatus[kind.storage] ?? {} };
}

function namespaceDefaults(object: JsonObject): JsonObject {
  const metadata = child(object, "metadata");
  const labels: JsonObject = {
    ...child(metadata, "labels"),
    "kubernetes.io/metadata.name": metadata["name"],
  };
  const spec = { ...child(object, "spec"), finalizers: ["kubernetes"] };
  return { ...withMetadata(object, { labels: labels as Json }), spec };
}

function definitionDefaults(object: JsonObject): JsonObject {
  const spec = child(object, "spec");
  const names = child(spec, "names");
  const kind = text(names["kind"]);
  const versions = Array.isArray(spec["versions"]) ? spec["versions"].filter(isObject) : [];
  const stored = versions.find((version) => version["storage"] === true);
  const { plural, singular, shortNames, listKind, categories } = names;
  return {
    ...object,
    spec: {
      ...spec,
      names: {
        plural,
        singular: singular ?? kind.toLowerCase(),
        shortNames,
        kind,
        listKind: listKind ?? `${kind}List`,
        categories,
      },
      conversion: spec["conversion"] ?? { strategy: "None" },
    },
    status: {
      conditions: null,
      acceptedNames: { plural: "", kind: "" },
      storedVersions: [text(stored?.["name"])],
    },
  };
}

/** What the server itself adds to certain kinds. */
export function kindDefaults(kind: ServedKind, object: JsonObject): JsonObject {
  if (kind.storage === "namespaces") return namespaceDefaults(object);
  if (kind.resource === "customresourcedefinitions") return definitionDefaults(object);
  return object;
}

function nameOf(context: ServerContext, metadata: JsonObject): string {
  const name = text(metadata["name"]);
  const stem = text(metadata["generateName"]);
  if (name !== "" || stem === "") return name;
  return `${stem}${nameSuffix(() => context.clock.random())}`;
}

function checkMetadata(request: ResourceRequest, metadata: JsonObject): void {
  const namespace = text(metadata["namespace"]);
  if (request.kind.namespaced && namespace !== "" && namespace !== request.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  if (text(metadata["resourceVersion"]) !== "") {
    throw new ApiStatus(500, "", "resourceVersion should not be set on objects to be created");
  }
}

/** Metadata as the server sets it, whatever was asked. */
function freshMetadata(context: ServerContext, request: ResourceRequest, name: string): JsonObject {
  return {
    name,
    namespace: request.kind.namespaced ? request.namespace : undefined,
    uid: context.clock.uuid(),
    resourceVersion: undefined,
    generation: request.kind.generation ? 1 : undefined,
    creationTimestamp: nowText(context.clock),
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
    managedFields: undefined,
  };
}

/** Throws 403 while the definition of the kind is being deleted. */
function checkDefinition({ kind, name }: ResourceRequest): void {
  if (!kind.custom || kind.verbs.includes("create")) return;
  const message = `${qualified(kind)} ${JSON.stringify(name)} is forbidden: create not allowed while custom resource definition is terminating`;
  const details = { name, group: kind.group, kind: kind.resource };
  throw new ApiStatus(403, "Forbidden", message, { details });
}

export function create(context: ServerContext, request: ResourceRequest): ApiResponse {
  const mode = writeMode(request, "CreateOptions");
  return createObject(context, request, { object: objectBody(request), ...mode });
}

export interface Creation {
  readonly object: JsonObject;
  readonly dryRun: boolean;
  readonly manager: string;
  readonly operation?: "Update" | "Apply";
}

export function createObject(
  context: ServerContext,
  request: ResourceRequest,
  { object: asked, dryRun, manager, operation = "Update" }: Creation,
): ApiResponse {
  const { kind, namespace } = request;
  const metadata = child(asked, "metadata");
  checkMetadata(request, metadata);
  const name = nameOf(context, metadata);
  checkNamespace(context, { ...request, name });
  checkDefinition({ ...request, name });
  checkName(kind, name);
  if (currentVersion(context, { kind, namespace, name }) !== undefined) {
    throw alreadyExists(kind, name);
  }
  const filled = withMetadata(asked, freshMetadata(context, request, name));
  const defaulted = kindDefaults(kind, withInitialStatus(kind, filled));
  const admitted =
    context.admission?.({ operation: "create", kind, object: defaulted, dryRun }) ?? defaulted;
  const write = { ...fieldWrite(context, request, manager), operation };
  const { status, ...managed } = admitted;
  const owned = ownChanges({}, managed, write);
  const version = commit(context, kind, { ...owned, status }, dryRun);
  if (!dryRun) return objectResponse(201, getForm(kind, version));
  const unstored = withMetadata(objectOf(kind, version), { resourceVersion: undefined });
  return objectResponse(201, writtenForm(kind, unstored));
}
