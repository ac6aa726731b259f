import { annotations, labels } from "../../api/labels.ts";
import { groupContentName, groupHandle } from "../../domain/volumes/csi/group-objects.ts";
import type { SnapshotTrace } from "../../domain/volumes/csi/judge-trace.ts";
import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { SnapshotApi } from "./snapshot-api.ts";

/**
 * What runs of ours have left in the cluster, or have there still. What a restore of Velero's has
 * made of one names its content or handle itself, and is none. Errors: those of the API server.
 */
export async function listTraces(
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<readonly SnapshotTrace[]> {
  const traces: SnapshotTrace[] = [...(await listGroups(api, signal))];
  // What is a member of one of these goes with it.
  const groups = new Set(traces.map(({ handle }) => handle));
  const isMember = (content: JsonObject | undefined): boolean =>
    content !== undefined && groups.has(groupHandle(content)) && groupHandle(content) !== "";
  const seen = new Set<string>();
  for (const name of await api.labelled(labels.runUid, signal)) {
    const snapshot = await api.snapshot(name, signal);
    if (snapshot === undefined) continue;
    const bound = textAt(snapshot, ["status", "boundVolumeSnapshotContentName"]);
    seen.add(bound);
    if (textAt(snapshot, ["spec", "source", "volumeSnapshotContentName"]) !== "") continue;
    const content = await api.content(bound, signal);
    if (isMember(content)) continue;
    traces.push({ ...name, hasSnapshot: true, ...marksOf(snapshot), ...storedIn(content) });
  }
  for (const found of await api.labelledContents(labels.runUid, signal)) {
    const content = seen.has(found) ? undefined : await api.content(found, signal);
    if (content === undefined || isOfHandle(content) || isMember(content)) continue;
    const ref = ["spec", "volumeSnapshotRef"] as const;
    const namespace = textAt(content, [...ref, "namespace"]);
    const name = textAt(content, [...ref, "name"]);
    if (name === "") continue;
    const of = { namespace, name, hasSnapshot: false };
    traces.push({ ...of, ...marksOf(content), ...storedIn(content) });
  }
  return traces;
}

/** Groups of runs of ours. */
async function listGroups(
  { groups }: SnapshotApi,
  signal: AbortSignal,
): Promise<readonly SnapshotTrace[]> {
  if (groups === undefined) return [];
  const traces: SnapshotTrace[] = [];
  const seen = new Set<string>();
  const add = (of: GroupPlace, marked: JsonObject, content: JsonObject | undefined): void =>
    void traces.push({
      ...{ ...of, isGroup: true, ...marksOf(marked) },
      content: textAt(content, ["metadata", "name"]),
      driver: textAt(content, ["spec", "driver"]),
      handle: groupHandle(content),
    });
  for (const name of await groups.labelled(labels.runUid, signal)) {
    const group = await groups.group(name, signal);
    if (group === undefined) continue;
    const content = await groups.content(groupContentName(group), signal);
    seen.add(textAt(content, ["metadata", "name"]));
    add({ ...name, hasSnapshot: true }, group, content);
  }
  for (const found of await groups.labelledContents(labels.runUid, signal)) {
    const content = seen.has(found) ? undefined : await groups.content(found, signal);
    if (content === undefined) continue;
    const ref = ["spec", "volumeGroupSnapshotRef"] as const;
    const namespace = textAt(content, [...ref, "namespace"]);
    const name = textAt(content, [...ref, "name"]);
    add({ namespace, name, hasSnapshot: false }, content, content);
  }
  return traces;
}

type GroupPlace = Pick<SnapshotTrace, "namespace" | "name" | "hasSnapshot">;

const isOfHandle = (content: JsonObject): boolean =>
  textAt(content, ["spec", "source", "snapshotHandle"]) !== "";

function marksOf(object: JsonObject) {
  const label = (name: string): string => textAt(object, ["metadata", "labels", name]);
  const annotation = (name: string): string => textAt(object, ["metadata", "annotations", name]);
  return {
    backup: label(labels.backupName),
    runUid: label(labels.runUid),
    createdAt: textAt(object, ["metadata", "creationTimestamp"]),
    clusterId: annotation(annotations.madeInCluster),
    locationId: annotation(annotations.madeForLocation),
    place: annotation(annotations.madeForPlace),
  };
}

function storedIn(content: JsonObject | undefined) {
  return {
    content: textAt(content, ["metadata", "name"]),
    driver: textAt(content, ["spec", "driver"]),
    handle: textAt(content, ["status", "snapshotHandle"]),
  };
}
