import { labels } from "../api/labels.ts";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import { listAll } from "../catalog/list-objects.ts";
import { mapConcurrently } from "../lib/concurrency.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import { arrayAt, objectAt, textAt } from "../lib/json-edit.ts";
import { decodeJson, type JsonObject } from "../lib/json-text.ts";
import type { Cluster, ObjectRef } from "../ports/cluster.ts";
import { clusterName, commonLabels, serverName } from "./manifests/manifest.ts";
import { manifestKind, manifestRef } from "./manifests/manifest-kinds.ts";
import { serverManifests } from "./manifests/server-manifests.ts";
import { serverRequest } from "./manifests/server-request.ts";

/** What an installation has put into the cluster beside the kinds, as far as it is still there. */
export interface ServerSurvey {
  readonly namespace: string;
  /** To be deleted first, and waited for. */
  readonly deployment: ObjectRef | undefined;
  /** The rest, cluster-scoped objects included. */
  readonly objects: readonly ObjectRef[];
  readonly hasNamespace: boolean;
  /** What else is in the namespace, such as `Secret mine`: then it stays. */
  readonly others: readonly string[];
}

const requestsAtOnce = 4;

type Reader = Pick<Cluster, "get" | "discover" | "list">;

/** Errors: ARK_API_FORBIDDEN and others of a LIST. */
export async function surveyServer(
  cluster: Reader,
  namespace: string,
  signal: AbortSignal,
): Promise<ServerSurvey> {
  const named = ["ClusterRole", "ClusterRoleBinding"].map((kind) => ({
    kind: manifestKind(kind),
    namespace: "",
    name: clusterName(namespace),
  }));
  const global: ObjectRef[] = [];
  for (const ref of named) {
    const raw = await cluster.get(ref, { signal });
    if (raw !== undefined && isPartOfArk(readObject(raw.bytes))) global.push(ref);
  }
  const space = { kind: manifestKind("Namespace"), namespace: "", name: namespace };
  const hasNamespace = (await cluster.get(space, { signal })) !== undefined;
  const inside = hasNamespace
    ? await surveyInside(cluster, namespace, signal)
    : { ours: [], others: [] };
  const deployment = inside.ours.find(({ kind }) => kind.kind === "Deployment");
  const rest = inside.ours.filter((ref) => ref !== deployment);
  const objects = [...global, ...rest];
  return { namespace, deployment, objects, hasNamespace, others: inside.others };
}

interface Inside {
  readonly ours: readonly ObjectRef[];
  readonly others: readonly string[];
}

async function surveyInside(
  cluster: Reader,
  namespace: string,
  signal: AbortSignal,
): Promise<Inside> {
  const { kinds, failures } = await cluster.discover({ signal });
  const [failure] = failures;
  if (failure !== undefined) throw unseen(namespace, failure.group, failure.reason);
  const listed = await mapConcurrently(countedKinds(kinds), requestsAtOnce, (kind) =>
    listKind(cluster, kind, namespace, signal),
  );
  return {
    ours: listed.flatMap(({ ours }) => ours),
    others: listed.flatMap(({ others }) => others),
  };
}

function unseen(namespace: string, group: string, reason: string): ArkError {
  return new ArkError(
    "ARK_KINDS_IN_USE",
    `what else is in namespace ${namespace} cannot be seen: ${group} does not answer`,
    {
      tried:
        "to look at every kind, for the namespace goes with all that is in it; nothing was changed",
      answer: reason,
      advice: "mend that API, or remove its APIService, and try again",
    },
  );
}

/** Kinds of velero.io are counted on their own; the others here are traces of what is listed. */
const traces: ReadonlySet<string> = new Set([
  "endpoints",
  "endpointslices.discovery.k8s.io",
  "events",
  "events.events.k8s.io",
]);

/** One version of each. */
function countedKinds(kinds: readonly ResourceKind[]): readonly ResourceKind[] {
  const byName = new Map<string, ResourceKind>();
  for (const kind of kinds) {
    const isCounted =
      kind.namespaced &&
      kind.group !== "velero.io" &&
      kind.verbs.includes("list") &&
      kind.verbs.includes("delete") &&
      !traces.has(groupResource(kind));
    if (isCounted && (kind.preferred || !byName.has(groupResource(kind)))) {
      byName.set(groupResource(kind), kind);
    }
  }
  return [...byName.values()];
}

async function listKind(
  cluster: Pick<Cluster, "list">,
  kind: ResourceKind,
  namespace: string,
  signal: AbortSignal,
): Promise<Inside> {
  const ours: ObjectRef[] = [];
  const others: string[] = [];
  try {
    for await (const { name, bytes } of listAll(cluster, { kind, namespace }, { signal })) {
      const object = readObject(bytes);
      if (isOwned(object) || isBuiltIn(kind, name)) continue;
      const isMade = isInstalled(kind, name) && isPartOfArk(object);
      if (isMade || isServers(kind, name, object)) ours.push({ kind, namespace, name });
      else others.push(`${kind.kind} ${name}`);
    }
  } catch (thrown) {
    // The kind has gone meanwhile.
    if (!hasCode(thrown, "ARK_API_NOT_FOUND")) throw thrown;
  }
  return { ours, others };
}

const readObject = (bytes: Uint8Array): JsonObject =>
  decodeJson(Buffer.from(bytes).toString("utf8")) as JsonObject;

const partOf = "app.kubernetes.io/part-of";

/** Labels alone prove nothing: an overlay of kustomize puts its own on whatever it holds. */
const isPartOfArk = (object: JsonObject): boolean =>
  textAt(labelsOf(object), [partOf]) === commonLabels("")[partOf];

const labelsOf = (object: JsonObject): JsonObject => objectAt(object, ["metadata", "labels"]);

const placeOf = (kind: ResourceKind, name: string): string => `${groupResource(kind)}/${name}`;

/** Kinds and names of all that an installation can put into its namespace. */
const installed: ReadonlySet<string> = new Set(
  serverManifests(
    serverRequest({
      image: "",
      version: "",
      location: {
        ...{ provider: "", bucket: "", prefix: "", config: {} },
        credential: new Uint8Array(),
      },
    }),
  )
    .map(manifestRef)
    .filter(({ namespace }) => namespace !== "")
    .map(({ kind, name }) => placeOf(kind, name)),
);

const isInstalled = (kind: ResourceKind, name: string): boolean =>
  installed.has(placeOf(kind, name));

/** It goes with its owner. */
const isOwned = (object: JsonObject): boolean =>
  arrayAt(object, ["metadata", "ownerReferences"]).length > 0;

/** Every namespace has them. */
const isBuiltIn = ({ kind }: ResourceKind, name: string): boolean =>
  (kind === "ConfigMap" && name === "kube-root-ca.crt") ||
  (kind === "ServiceAccount" && name === "default");

/** With them a server signs downloads, as long as there is one. */
const downloadSecrets = new Set(["", "-ca"].map((end) => `secrets/${serverName}-downloads${end}`));

/** What a server makes by itself: its Lease, counts, keys of downloads, copies of resources. */
function isServers(kind: ResourceKind, name: string, object: JsonObject): boolean {
  const place = placeOf(kind, name);
  if (place === `leases.coordination.k8s.io/${serverName}`) return true;
  if (place === `configmaps/${serverName}-metrics`) return true;
  if (downloadSecrets.has(place) && isPartOfArk(object)) return true;
  return place.startsWith("configmaps/") && textAt(labelsOf(object), [labels.copyOf]) !== "";
}
