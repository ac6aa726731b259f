/** What external-snapshotter's controllers do about groups; `test/contract/group-snapshots.ts` holds it to them. */
import { hash } from "node:crypto";
import { listAll } from "../../../src/catalog/list-objects.ts";
import {
  groupContentFinalizer,
  groupHandle,
} from "../../../src/domain/volumes/csi/group-objects.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../../src/lib/json-edit.ts";
import type { JsonObject } from "../../../src/lib/json-text.ts";
import type { GroupKinds } from "../../../src/volumes/csi/group-api.ts";
import { kindOf } from "../kinds.ts";
import {
  decoded,
  find,
  isLeaving,
  merge,
  nameOf,
  type Round,
  refTo,
  withFinalizer,
  withoutFinalizer,
} from "./round.ts";
import { DriverError, isBound, type KeptSnapshot } from "./storage.ts";

const prefix = "groupsnapshot.storage.kubernetes.io";
const groupFinalizer = `${prefix}/volumegroupsnapshot-bound-protection`;
const beingDeleted = `${prefix}/volumegroupsnapshot-being-deleted`;
export const inGroupFinalizer = "snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection";
/** On the content of a member: the snapshotter makes no snapshot for it. */
export const memberMark = "groupsnapshot.storage.k8s.io/volumeGroupSnapshotHandle";
const claims = kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim" });
const volumes = kindOf("persistentvolumes", { kind: "PersistentVolume", cluster: true });

/** One round about groups; what cannot be done is tried again in the next. */
export async function groupRound(
  round: Round,
  kinds: GroupKinds,
  quietly: (work: Promise<void>) => Promise<void>,
): Promise<void> {
  const { cluster, signal } = round;
  for await (const raw of listAll(cluster, { kind: kinds.contents }, { signal })) {
    await quietly(syncContent(decoded(raw), kinds, round));
  }
  for await (const raw of listAll(cluster, { kind: kinds.groups }, { signal })) {
    await quietly(syncGroup(decoded(raw), kinds, round));
  }
}

/** Whether a VolumeSnapshot is a member of a group that is there: then it cannot go. */
export async function isHeldByGroup(snapshot: JsonObject, round: Round): Promise<boolean> {
  const name = textAt(snapshot, ["status", "volumeGroupSnapshotName"]);
  const { groups } = round.kinds;
  if (name === "" || groups === undefined) return false;
  const { namespace } = refTo(groups.groups, snapshot);
  return (await find(round, groups.groups, name, namespace)) !== undefined;
}

/**
 * The name of the group that a content's snapshot is of; empty: it is of none. Undefined: nobody in
 * the cluster knows that group, and nothing is said of the snapshot.
 */
export async function groupNameOf(content: JsonObject, round: Round): Promise<string | undefined> {
  const handle = groupHandle(content);
  const { groups } = round.kinds;
  if (handle === "" || groups === undefined) return "";
  const { cluster, signal } = round;
  for await (const raw of listAll(cluster, { kind: groups.contents }, { signal })) {
    const one = decoded(raw);
    if (groupHandle(one) === handle) return textAt(one, ["spec", "volumeGroupSnapshotRef", "name"]);
  }
  return undefined;
}

/** What a look at a snapshot by its handle says of its group. */
export function groupTold(found: KeptSnapshot): JsonObject {
  return isBound(found) ? { volumeGroupSnapshotHandle: found.group ?? "" } : {};
}

/** What the snapshot controller does. */
async function syncGroup(group: JsonObject, kinds: GroupKinds, round: Round): Promise<void> {
  const ref = refTo(kinds.groups, group);
  const name = `groupsnapcontent-${textAt(group, ["metadata", "uid"])}`;
  const content = await find(round, kinds.contents, name);
  if (isLeaving(group)) return await letGo(group, content, kinds, round);
  if (content === undefined) return await makeContent(group, name, kinds, round);
  if (!arrayAt(group, ["metadata", "finalizers"]).includes(groupFinalizer)) {
    return await merge(round, ref, withFinalizer(group, groupFinalizer));
  }
  if (groupHandle(content) === "") {
    const error = valueAt(content, ["status", "error"]) ?? null;
    const status = { boundVolumeGroupSnapshotContentName: name, readyToUse: false, error };
    return await merge(round, ref, { status }, "status");
  }
  for (const info of arrayAt(content, ["status", "volumeSnapshotInfoList"])) {
    await makeMember(group, content, info as JsonObject, round);
  }
  if (valueAt(group, ["status", "readyToUse"]) === true) return;
  const creationTime = textAt(content, ["metadata", "creationTimestamp"]);
  const told = { boundVolumeGroupSnapshotContentName: name, readyToUse: true, creationTime };
  await merge(round, ref, { status: { ...told, error: null } }, "status");
}

async function letGo(
  group: JsonObject,
  content: JsonObject | undefined,
  kinds: GroupKinds,
  round: Round,
): Promise<void> {
  const { cluster, signal } = round;
  const ref = refTo(kinds.groups, group);
  for await (const raw of listAll(
    cluster,
    { kind: round.kinds.snapshots, namespace: ref.namespace },
    { signal },
  )) {
    const owners = arrayAt(decoded(raw), ["metadata", "ownerReferences"]) as JsonObject[];
    const isMember = owners.some(
      (one) => textAt(one, ["uid"]) === textAt(group, ["metadata", "uid"]),
    );
    if (isMember && !isLeaving(decoded(raw))) {
      await cluster.remove(refTo(round.kinds.snapshots, decoded(raw)), { signal });
    }
  }
  if (content !== undefined) {
    const contentRef = refTo(kinds.contents, content);
    await merge(round, contentRef, { metadata: { annotations: { [beingDeleted]: "yes" } } });
    if (textAt(content, ["spec", "deletionPolicy"]) === "Delete") {
      if (!isLeaving(content)) await cluster.remove(contentRef, { signal });
      return;
    }
  }
  await merge(round, ref, withoutFinalizer(group, groupFinalizer));
}

async function makeContent(
  group: JsonObject,
  name: string,
  kinds: GroupKinds,
  round: Round,
): Promise<void> {
  const { cluster, signal } = round;
  const ref = refTo(kinds.groups, group);
  const className = textAt(group, ["spec", "volumeGroupSnapshotClassName"]);
  const ofClass = await find(round, kinds.classes, className);
  const labels = objectAt(group, ["spec", "source", "selector", "matchLabels"]);
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value as string}`)
    .join(",");
  const handles: string[] = [];
  const scope = { kind: claims, namespace: ref.namespace, labelSelector };
  for await (const raw of listAll(cluster, scope, { signal })) {
    const volume = await find(round, volumes, textAt(decoded(raw), ["spec", "volumeName"]) || "-");
    handles.push(textAt(volume, ["spec", "csi", "volumeHandle"]));
  }
  if (ofClass === undefined || handles.length === 0 || handles.includes("")) {
    const message = "failed to create group snapshot content";
    return await merge(round, ref, { status: { error: { message }, readyToUse: false } }, "status");
  }
  const { kind, version } = kinds.contents;
  const body: JsonObject = {
    apiVersion: `groupsnapshot.storage.k8s.io/${version}`,
    kind,
    metadata: { name, finalizers: [groupContentFinalizer] },
    spec: {
      deletionPolicy: textAt(ofClass, ["deletionPolicy"]),
      driver: textAt(ofClass, ["driver"]),
      source: { volumeHandles: handles },
      volumeGroupSnapshotClassName: className,
      volumeGroupSnapshotRef: {
        kind: "VolumeGroupSnapshot",
        namespace: ref.namespace,
        name: ref.name,
        uid: textAt(group, ["metadata", "uid"]),
      },
    },
  };
  const contentRef = { kind: kinds.contents, namespace: "", name };
  await cluster.create(contentRef, Buffer.from(JSON.stringify(body)), { signal });
}

/** VolumeSnapshot and content of one snapshot of a group, bound to each other. */
async function makeMember(
  group: JsonObject,
  content: JsonObject,
  info: JsonObject,
  round: Round,
): Promise<void> {
  const { kinds, cluster, signal } = round;
  const uid = textAt(group, ["metadata", "uid"]);
  const volumeHandle = textAt(info, ["volumeHandle"]);
  const digest = hash("sha256", `${uid}${volumeHandle}`, "hex");
  const { namespace } = refTo(kinds.snapshots, group);
  const ref = { kind: kinds.snapshots, namespace, name: `snapshot-${digest}` };
  const contentRef = { kind: kinds.contents, namespace: "", name: `snapcontent-${digest}` };
  if ((await find(round, kinds.snapshots, ref.name, namespace)) !== undefined) return;
  const apiVersion = "snapshot.storage.k8s.io/v1";
  let claim = "";
  for await (const raw of listAll(cluster, { kind: volumes }, { signal })) {
    const volume = decoded(raw);
    if (textAt(volume, ["spec", "csi", "volumeHandle"]) !== volumeHandle) continue;
    claim = textAt(volume, ["spec", "claimRef", "name"]);
  }
  const handle = groupHandle(content);
  const encode = (body: JsonObject): Buffer => Buffer.from(JSON.stringify(body));
  const owner = { apiVersion: "groupsnapshot.storage.k8s.io/v1", kind: "VolumeGroupSnapshot" };
  const snapshot: JsonObject = {
    ...{ apiVersion, kind: "VolumeSnapshot" },
    metadata: {
      ...{ name: ref.name, namespace, finalizers: [inGroupFinalizer] },
      ownerReferences: [{ ...owner, name: nameOf(group), uid }],
    },
    spec: { source: { persistentVolumeClaimName: claim } },
  };
  const ofMember: JsonObject = {
    ...{ apiVersion, kind: "VolumeSnapshotContent" },
    metadata: { name: contentRef.name, annotations: { [memberMark]: handle } },
    spec: {
      deletionPolicy: textAt(content, ["spec", "deletionPolicy"]),
      driver: textAt(content, ["spec", "driver"]),
      source: { volumeHandle },
      volumeSnapshotRef: { kind: "VolumeSnapshot", name: ref.name, namespace },
    },
  };
  if ((await find(round, kinds.contents, contentRef.name)) === undefined) {
    await cluster.create(contentRef, encode(ofMember), { signal });
  }
  await cluster.create(ref, encode(snapshot), { signal });
  const bound = { boundVolumeSnapshotContentName: contentRef.name };
  await merge(round, ref, { status: bound }, "status");
  const status = {
    snapshotHandle: textAt(info, ["snapshotHandle"]),
    volumeGroupSnapshotHandle: handle,
    restoreSize: valueAt(info, ["restoreSize"]) ?? 0,
    readyToUse: true,
  };
  await merge(round, contentRef, { status }, "status");
}

/** What the csi-snapshotter of the driver does. */
async function syncContent(content: JsonObject, kinds: GroupKinds, round: Round): Promise<void> {
  const { storage } = round;
  if (textAt(content, ["spec", "driver"]) !== storage.driver) return;
  const ref = refTo(kinds.contents, content);
  const given = ["spec", "source", "groupSnapshotHandles"] as const;
  const handle = textAt(content, [...given, "volumeGroupSnapshotHandle"]);
  const isUnbound =
    handle !== "" && textAt(content, ["spec", "volumeGroupSnapshotRef", "uid"]) === "";
  if (isLeaving(content)) {
    const isAsked = beingDeleted in objectAt(content, ["metadata", "annotations"]);
    if (isUnbound || isAsked) await deleteContent(content, kinds, round);
    return;
  }
  if (valueAt(content, ["status", "readyToUse"]) === true) return;
  try {
    const status = handle === "" ? await cutGroup(content, kinds, round) : known(handle, round);
    await merge(round, ref, { status: { ...status, readyToUse: true, error: null } }, "status");
  } catch (thrown) {
    if (!(thrown instanceof DriverError)) throw thrown;
    const error = { message: `Failed to create group snapshot: ${thrown.message}` };
    await merge(round, ref, { status: { error, readyToUse: false } }, "status");
  }
}

function known(handle: string, { storage }: Round): JsonObject {
  if (storage.keptGroups.has(handle)) return { volumeGroupSnapshotHandle: handle };
  throw new DriverError("NotFound", `there is no group "${handle}"`);
}

async function cutGroup(content: JsonObject, kinds: GroupKinds, round: Round): Promise<JsonObject> {
  const className = textAt(content, ["spec", "volumeGroupSnapshotClassName"]);
  const ofClass = await find(round, kinds.classes, className);
  const parameters = objectAt(ofClass, ["parameters"]) as Readonly<Record<string, string>>;
  const name = `groupsnapshot-${textAt(content, ["spec", "volumeGroupSnapshotRef", "uid"])}`;
  const sources = arrayAt(content, ["spec", "source", "volumeHandles"]) as string[];
  const { handle, members } = round.storage.createGroup(name, sources, parameters);
  return {
    volumeGroupSnapshotHandle: handle,
    volumeSnapshotInfoList: members.map((one) => ({
      ...{ volumeHandle: one.source, snapshotHandle: one.handle, restoreSize: one.bytes },
      readyToUse: true,
    })),
  };
}

async function deleteContent(content: JsonObject, kinds: GroupKinds, round: Round): Promise<void> {
  const ref = refTo(kinds.contents, content);
  const handle = groupHandle(content);
  if (textAt(content, ["spec", "deletionPolicy"]) === "Delete" && handle !== "") {
    const cut = arrayAt(content, ["status", "volumeSnapshotInfoList"]) as JsonObject[];
    const told = ["spec", "source", "groupSnapshotHandles", "volumeSnapshotHandles"];
    const ids = cut.map((one) => textAt(one, ["snapshotHandle"]));
    try {
      round.storage.removeGroup(
        handle,
        ids.length > 0 ? ids : (arrayAt(content, told) as string[]),
      );
    } catch (thrown) {
      if (thrown instanceof DriverError) return;
      throw thrown;
    }
    await merge(round, ref, { status: { volumeGroupSnapshotHandle: null } }, "status");
  }
  await merge(round, ref, withoutFinalizer(content, groupContentFinalizer));
}
