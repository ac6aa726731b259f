import { annotations, labels } from "../../api/labels.ts";
import { groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import { persistentVolumeClaims } from "../../domain/references/edges.ts";
import type { RestoredTrace } from "../../domain/volumes/csi/judge-restored.ts";
import { isRestoredContent } from "../../domain/volumes/csi/restored-snapshot.ts";
import { textAt } from "../../lib/json-edit.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import { createSnapshotApi, type SnapshotCluster, snapshotKinds } from "./snapshot-api.ts";

/**
 * What restores have in the cluster to make claims of. `meanwhile` is awaited between contents and
 * claims: a restore that has ended by then has made its claims. Errors: those of the API server.
 */
export async function listRestored(
  cluster: SnapshotCluster,
  served: readonly ResourceKind[],
  meanwhile: () => Promise<void>,
  signal: AbortSignal,
): Promise<readonly RestoredTrace[]> {
  const kinds = snapshotKinds(served);
  if (kinds === undefined) return [];
  const api = createSnapshotApi(cluster, kinds);
  const contents: JsonObject[] = [];
  for await (const { bytes } of listAll(cluster, { kind: kinds.contents }, { signal })) {
    const content = decoded(bytes);
    if (isRestoredContent(content)) contents.push(content);
  }
  if (contents.length === 0) return [];
  await meanwhile();
  const claimsOf = claimsBySource(cluster, served);
  const traces: RestoredTrace[] = [];
  for (const content of contents) {
    const name = textAt(content, ["metadata", "name"]);
    const namespace = textAt(content, ["spec", "volumeSnapshotRef", "namespace"]);
    const hasSnapshot = (await api.snapshot({ namespace, name }, signal)) !== undefined;
    const claims = await claimsOf(namespace, name, signal);
    traces.push({ namespace, name, hasSnapshot, ...marksOf(content), claims });
  }
  return traces;
}

const decoded = (bytes: Buffer): JsonObject => parseJson(bytes.toString()) as JsonObject;

function marksOf(content: JsonObject) {
  const annotation = (name: string): string => textAt(content, ["metadata", "annotations", name]);
  return {
    content: textAt(content, ["metadata", "name"]),
    driver: textAt(content, ["spec", "driver"]),
    handle: textAt(content, ["spec", "source", "snapshotHandle"]),
    backup: "",
    runUid: "",
    restore: textAt(content, ["metadata", "labels", labels.restoreName]),
    createdAt: textAt(content, ["metadata", "creationTimestamp"]),
    clusterId: annotation(annotations.madeInCluster),
    locationId: annotation(annotations.madeForLocation),
    place: annotation(annotations.madeForPlace),
  };
}

/** Claims that have a VolumeSnapshot as their source; a namespace is listed once. */
function claimsBySource(cluster: SnapshotCluster, served: readonly ResourceKind[]) {
  const kind = served.find(
    (one) => groupResource(one) === persistentVolumeClaims && one.version === "v1",
  );
  const known = new Map<string, readonly JsonObject[]>();
  return async (namespace: string, snapshot: string, signal: AbortSignal) => {
    let claims = known.get(namespace);
    if (claims === undefined) {
      claims = kind === undefined ? [] : await claimsIn(cluster, kind, namespace, signal);
      known.set(namespace, claims);
    }
    return claims
      .filter((claim) => isMadeOf(claim, snapshot))
      .map((claim) => ({
        name: textAt(claim, ["metadata", "name"]),
        bound: textAt(claim, ["status", "phase"]) === "Bound",
      }));
  };
}

async function claimsIn(
  cluster: SnapshotCluster,
  kind: ResourceKind,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for await (const { bytes } of listAll(cluster, { kind, namespace }, { signal })) {
    found.push(decoded(bytes));
  }
  return found;
}

const isMadeOf = (claim: JsonObject, snapshot: string): boolean =>
  ["dataSource", "dataSourceRef"].some(
    (source) =>
      textAt(claim, ["spec", source, "kind"]) === "VolumeSnapshot" &&
      textAt(claim, ["spec", source, "name"]) === snapshot,
  );
