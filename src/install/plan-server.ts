import { groupResource } from "../api/resource-kind.ts";
import { listAll } from "../catalog/list-objects.ts";
import { diffFields } from "../domain/diff/diff-objects.ts";
import type { FieldChange } from "../domain/diff/field-change.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import { withValue } from "../lib/json-edit.ts";
import { decodeJson, isJsonObject, type JsonObject, jsonBytes } from "../lib/json-text.ts";
import { ApiError, type Cluster } from "../ports/cluster.ts";
import { type Manifest, selectorLabels } from "./manifests/manifest.ts";
import { manifestRef } from "./manifests/manifest-kinds.ts";

/** Owner of the fields that an installation writes: what others set beside them stays. */
export const installManager = "ark-ts-install";

export type ServerAction =
  | { readonly action: "create" }
  | { readonly action: "leave" }
  | { readonly action: "change"; readonly fields: readonly FieldChange[] };

export interface PlannedObject {
  readonly manifest: Manifest;
  readonly decision: ServerAction;
}

/** What a plan of the server's objects is made of, and what speaks against carrying it out. */
export interface ServerPlan {
  readonly objects: readonly PlannedObject[];
  /** Rights that the user lacks, one sentence each. */
  readonly missingRights: readonly string[];
}

type Planner = Pick<Cluster, "get" | "patch" | "can" | "list">;

/**
 * What installing would do with each object, as the API server says by dry-run. Errors:
 * ARK_INSTALL_CONFLICT for objects of the same name that are somebody else's; those of a GET.
 */
export async function planServer(
  cluster: Planner,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<ServerPlan> {
  const live = new Map<Manifest, JsonObject | undefined>();
  for (const manifest of manifests) live.set(manifest, await readLive(cluster, manifest, signal));
  refuseForeign(live);
  await refuseVelero(cluster, manifests, signal);
  const objects: PlannedObject[] = [];
  const missingRights: string[] = [];
  const isNew = (manifest: Manifest): boolean => live.get(manifest) === undefined;
  const absent = new Set(
    manifests
      .filter(({ kind }) => kind === "Namespace")
      .filter(isNew)
      .map(nameOf),
  );
  for (const manifest of manifests) {
    const before = live.get(manifest);
    const missing = await missingRight(cluster, manifest, before === undefined, signal);
    if (missing !== undefined) missingRights.push(missing);
    // In a namespace that is not there nothing can be tried.
    const canTry = missing === undefined && !absent.has(manifest.metadata.namespace ?? "");
    const tried = canTry ? await tryOut(cluster, manifest, signal) : {};
    if (tried.refusal !== undefined) missingRights.push(tried.refusal);
    objects.push({ manifest, decision: decide(manifest, before, tried.after) });
  }
  return { objects, missingRights };
}

/** Errors: ARK_INSTALL_RIGHTS. */
export function refuseMissingRights({ missingRights }: ServerPlan): void {
  if (missingRights.length === 0) return;
  throw new ArkError(
    "ARK_INSTALL_RIGHTS",
    `your rights do not suffice to install: ${missingRights.join("; ")}`,
    {
      tried: "to see what would be written; nothing was changed",
      advice:
        "let somebody with the rights of a cluster administrator run this, or give them what this prints: ark-ts install … --dry-run -o yaml",
    },
  );
}

const nameOf = ({ metadata }: Manifest): string => metadata.name;

async function readLive(
  cluster: Pick<Cluster, "get">,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  try {
    const raw = await cluster.get(manifestRef(manifest), { signal });
    return raw && (decodeJson(raw.bytes.toString("utf8")) as JsonObject);
  } catch (thrown) {
    // Its kind comes with this installation.
    if (hasCode(thrown, "ARK_API_NOT_FOUND")) return undefined;
    throw thrown;
  }
}

/** Kinds that others may well have made in the namespace before: fields are added to theirs. */
const shared: ReadonlySet<string> = new Set(["Namespace", "Secret", "BackupStorageLocation"]);

function refuseForeign(live: ReadonlyMap<Manifest, JsonObject | undefined>): void {
  const name = "app.kubernetes.io/name";
  const foreign = [...live].flatMap(([manifest, found]) => {
    if (found === undefined || shared.has(manifest.kind)) return [];
    const { labels } = metadataOf(found);
    const isOurs = isJsonObject(labels) && labels[name] === selectorLabels[name];
    return isOurs ? [] : [pathOf(manifest)];
  });
  if (foreign.length === 0) return;
  throw new ArkError(
    "ARK_INSTALL_CONFLICT",
    `there are objects of the same name that ark-ts did not install: ${foreign.join(", ")}`,
    {
      tried: `to look for objects with the label ${name}=${selectorLabels[name]}; nothing was changed`,
      advice: "install into another namespace with -n, or remove them",
    },
  );
}

/** Two servers in one namespace would work on the same Backups. */
async function refuseVelero(
  cluster: Pick<Cluster, "list">,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<void> {
  const deployment = manifests.find(({ kind }) => kind === "Deployment");
  if (deployment === undefined) return;
  const { kind, namespace } = manifestRef(deployment);
  const scope = { kind, namespace, labelSelector: "component=velero" };
  for await (const { name } of listAll(cluster, scope, { signal })) {
    throw new ArkError(
      "ARK_INSTALL_CONFLICT",
      `a Velero server works in namespace ${namespace}: deployment ${name}`,
      {
        tried: "to look for other servers there; nothing was changed",
        advice:
          "two servers in one namespace would work on the same Backups: install into another with -n; they can share the bucket",
      },
    );
  }
}

export function pathOf({ kind, metadata }: Manifest): string {
  const { namespace, name } = metadata;
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

const metadataOf = (object: JsonObject): JsonObject =>
  isJsonObject(object["metadata"]) ? object["metadata"] : {};

async function missingRight(
  cluster: Pick<Cluster, "can">,
  manifest: Manifest,
  isNew: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { kind, namespace } = manifestRef(manifest);
  const verbs = isNew ? ["create", "patch"] : ["patch"];
  const missing: string[] = [];
  for (const verb of verbs) {
    if (!(await cluster.can(verb, kind, namespace, { signal }))) missing.push(verb);
  }
  if (missing.length === 0) return undefined;
  const where = namespace === "" ? "" : ` in namespace ${namespace}`;
  return `${missing.join(" and ")} ${groupResource(kind)}${where}`;
}

interface Tried {
  readonly after?: JsonObject;
  /** The API server would not let this user give these rights. */
  readonly refusal?: string;
}

/** A server-side dry-run. */
async function tryOut(
  cluster: Pick<Cluster, "patch">,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Tried> {
  try {
    const options = { signal, fieldManager: installManager, force: true, dryRun: true };
    const raw = await cluster.patch(manifestRef(manifest), "apply", jsonBytes(manifest), options);
    return { after: decodeJson(raw.bytes.toString("utf8")) as JsonObject };
  } catch (thrown) {
    if (hasCode(thrown, "ARK_API_NOT_FOUND")) return {};
    if (thrown instanceof ApiError && thrown.code === "ARK_API_FORBIDDEN") {
      return { refusal: `${pathOf(manifest)}: ${firstLine(thrown.api.serverMessage)}` };
    }
    throw thrown;
  }
}

/** A refusal to give rights lists each of them on a line of its own. */
const firstLine = (text: string): string => text.split("\n")[0]?.replace(/:$/, "") ?? "";

function decide(
  manifest: Manifest,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): ServerAction {
  if (before === undefined) return { action: "create" };
  if (after === undefined) return { action: "leave" };
  const resource = groupResource(manifestRef(manifest).kind);
  const fields = diffFields(resource, withoutMarks(before), withoutMarks(after));
  return fields.length === 0 ? { action: "leave" } : { action: "change", fields };
}

/** What each write changes by itself. */
function withoutMarks(object: JsonObject): JsonObject {
  const {
    managedFields: _m,
    resourceVersion: _r,
    generation: _g,
    ...metadata
  } = metadataOf(object);
  const { status: _status, ...rest } = object;
  return withValue(rest, ["metadata"], metadata);
}
