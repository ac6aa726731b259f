import { listAll } from "../../../src/catalog/list-objects.ts";
import { groupHandle } from "../../../src/domain/volumes/csi/group-objects.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../../src/lib/json-edit.ts";
import type { JsonObject } from "../../../src/lib/json-text.ts";
import { ApiError, type Cluster, type ObjectRef } from "../../../src/ports/cluster.ts";
import { type SnapshotKinds, snapshotKinds } from "../../../src/volumes/csi/snapshot-api.ts";
import { kindOf } from "../kinds.ts";
import {
  groupNameOf,
  groupRound,
  groupTold,
  inGroupFinalizer,
  isHeldByGroup,
  memberMark,
} from "./group-controller.ts";
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
import { DriverError, type SnapshotStorage } from "./storage.ts";

const group = "snapshot.storage.kubernetes.io";
const contentFinalizer = `${group}/volumesnapshotcontent-bound-protection`;
const snapshotFinalizer = `${group}/volumesnapshot-bound-protection`;
const beingCreated = `${group}/volumesnapshot-being-created`;
const beingDeleted = `${group}/volumesnapshot-being-deleted`;
const claims = kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim" });
const volumes = kindOf("persistentvolumes", { kind: "PersistentVolume", cluster: true });

/**
 * The cluster with the controllers beside it. They work whenever somebody looks at a snapshot or a
 * content, one round each time, so that nothing depends on how fast they are.
 */
export function withSnapshotController(cluster: Cluster, storage: SnapshotStorage): Cluster {
  let rounds: Promise<void> = Promise.resolve();
  let kinds: SnapshotKinds | undefined;
  const unheard = new Map<string, string>();
  const round = async (signal: AbortSignal): Promise<void> => {
    kinds ??= snapshotKinds((await cluster.discover({ signal })).kinds);
    if (kinds !== undefined) await oneRound({ cluster, storage, kinds, signal, unheard });
  };
  return {
    ...cluster,
    async get(ref, options) {
      if (ref.kind.group.endsWith("snapshot.storage.k8s.io")) {
        const mine = rounds.then(() => round(options.signal));
        rounds = mine.catch(() => undefined);
        await mine;
      }
      return await cluster.get(ref, options);
    },
  };
}

/** What another has changed meanwhile is tried again in the next round. */
async function oneRound(round: Round): Promise<void> {
  const { kinds, cluster, signal } = round;
  const contents = new Map<string, JsonObject>();
  for await (const raw of listAll(cluster, { kind: kinds.contents }, { signal })) {
    contents.set(raw.name, decoded(raw));
  }
  const quietly = async (work: Promise<void>): Promise<void> => {
    await work.catch((thrown) => {
      if (!(thrown instanceof ApiError)) throw thrown;
    });
  };
  if (kinds.groups !== undefined) await groupRound(round, kinds.groups, quietly);
  for await (const raw of listAll(cluster, { kind: kinds.snapshots }, { signal })) {
    await quietly(syncSnapshot(decoded(raw), contents, round));
  }
  for (const content of contents.values()) await quietly(syncContent(content, round));
}

/** What the snapshot controller does. */
async function syncSnapshot(
  snapshot: JsonObject,
  contents: ReadonlyMap<string, JsonObject>,
  round: Round,
): Promise<void> {
  const ref = refTo(round.kinds.snapshots, snapshot);
  const uid = textAt(snapshot, ["metadata", "uid"]);
  const given = textAt(snapshot, ["spec", "source", "volumeSnapshotContentName"]);
  const owners = arrayAt(snapshot, ["metadata", "ownerReferences"]);
  const bound = textAt(snapshot, ["status", "boundVolumeSnapshotContentName"]);
  const isMember = owners.length > 0;
  const name = isMember ? bound : given === "" ? `snapcontent-${uid}` : given;
  const content = contents.get(name);
  if (isLeaving(snapshot)) return await letGo(snapshot, content, round);
  if (!arrayAt(snapshot, ["metadata", "finalizers"]).includes(snapshotFinalizer)) {
    return await merge(round, ref, withFinalizer(snapshot, snapshotFinalizer));
  }
  if (content === undefined) {
    if (given === "" && bound === "" && !isMember) {
      await makeContent(snapshot, name, round);
    }
    return;
  }
  const contentRef = refTo(round.kinds.contents, content);
  if (textAt(content, ["spec", "volumeSnapshotRef", "uid"]) === "") {
    await merge(round, contentRef, {
      ...withFinalizer(content, contentFinalizer),
      spec: { volumeSnapshotRef: { uid } },
    });
  }
  const group = await groupNameOf(content, round);
  if (group === undefined) return;
  const status = {
    boundVolumeSnapshotContentName: name,
    ...(group === "" ? {} : { volumeGroupSnapshotName: group }),
    readyToUse: valueAt(content, ["status", "readyToUse"]) === true,
    error: valueAt(content, ["status", "error"]) ?? null,
    ...(textAt(content, ["status", "snapshotHandle"]) === ""
      ? {}
      : { creationTime: textAt(content, ["metadata", "creationTimestamp"]) }),
  };
  const before = objectAt(snapshot, ["status"]);
  const isSame = Object.entries(status).every(([key, value]) => {
    return JSON.stringify(before[key] ?? null) === JSON.stringify(value);
  });
  if (!isSame) await merge(round, ref, { status }, "status");
}

async function letGo(
  snapshot: JsonObject,
  content: JsonObject | undefined,
  round: Round,
): Promise<void> {
  if (await isHeldByGroup(snapshot, round)) return;
  const isMine =
    textAt(content, ["spec", "volumeSnapshotRef", "uid"]) === textAt(snapshot, ["metadata", "uid"]);
  if (content !== undefined && isMine) {
    const contentRef = refTo(round.kinds.contents, content);
    await merge(round, contentRef, { metadata: { annotations: { [beingDeleted]: "yes" } } });
    if (textAt(content, ["spec", "deletionPolicy"]) === "Delete") {
      if (!isLeaving(content)) await round.cluster.remove(contentRef, { signal: round.signal });
      return;
    }
  }
  const ref = refTo(round.kinds.snapshots, snapshot);
  const held = arrayAt(snapshot, ["metadata", "finalizers"]);
  const finalizers = held.filter((one) => one !== snapshotFinalizer && one !== inGroupFinalizer);
  await merge(round, ref, { metadata: { finalizers } });
}

async function makeContent(snapshot: JsonObject, name: string, round: Round): Promise<void> {
  const { kinds, cluster, signal } = round;
  const { namespace } = refTo(kinds.snapshots, snapshot);
  const className = textAt(snapshot, ["spec", "volumeSnapshotClassName"]);
  const ofClass = await find(round, kinds.classes, className);
  const claimName = textAt(snapshot, ["spec", "source", "persistentVolumeClaimName"]);
  const claim = await find(round, claims, claimName, namespace);
  const volume = await find(round, volumes, textAt(claim, ["spec", "volumeName"]) || "-");
  if (ofClass === undefined || volume === undefined) {
    const message = `Failed to create snapshot content: class ${className} or claim ${claimName} not found`;
    return await merge(
      round,
      refTo(kinds.snapshots, snapshot),
      { status: { error: { message }, readyToUse: false } },
      "status",
    );
  }
  const body: JsonObject = {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotContent",
    metadata: { name, finalizers: [contentFinalizer] },
    spec: {
      deletionPolicy: textAt(ofClass, ["deletionPolicy"]),
      driver: textAt(ofClass, ["driver"]),
      source: { volumeHandle: textAt(volume, ["spec", "csi", "volumeHandle"]) },
      volumeSnapshotClassName: className,
      volumeSnapshotRef: {
        kind: "VolumeSnapshot",
        namespace,
        name: nameOf(snapshot),
        uid: textAt(snapshot, ["metadata", "uid"]),
      },
    },
  };
  await cluster.create(
    { kind: kinds.contents, namespace: "", name },
    Buffer.from(JSON.stringify(body)),
    {
      signal,
    },
  );
}

/** What the csi-snapshotter of the driver does. */
async function syncContent(content: JsonObject, round: Round): Promise<void> {
  const { storage } = round;
  if (textAt(content, ["spec", "driver"]) !== storage.driver) return;
  const ref = refTo(round.kinds.contents, content);
  const name = nameOf(content);
  if (round.unheard.get(name) === changedByOthers(content)) return;
  round.unheard.delete(name);
  if (mayBeDeleted(content)) return await deleteContent(content, ref, round);
  if (valueAt(content, ["status", "readyToUse"]) === true) return;
  if (memberMark in objectAt(content, ["metadata", "annotations"])) return;
  const handle = textAt(content, ["spec", "source", "snapshotHandle"]);
  try {
    const found = handle === "" ? await create(content, ref, round) : storage.find(handle);
    if (found === undefined) {
      throw new DriverError("", `can not find snapshot for snapshotID ${handle}`);
    }
    const status = {
      snapshotHandle: found.handle,
      ...(handle === "" ? {} : groupTold(found)),
      readyToUse: storage.isReady(found),
      restoreSize: found.bytes,
      error: null,
    };
    await merge(round, ref, { status }, "status");
  } catch (thrown) {
    if (!(thrown instanceof DriverError)) throw thrown;
    const message =
      handle === ""
        ? `Failed to create snapshot: ${thrown.message}`
        : `Failed to check and update snapshot content: ${thrown.message}`;
    await merge(round, ref, { status: { error: { message }, readyToUse: false } }, "status");
  }
}

function changedByOthers(content: JsonObject): string {
  const {
    [beingCreated]: _created,
    [beingDeleted]: _deleted,
    ...others
  } = objectAt(content, ["metadata", "annotations"]);
  return JSON.stringify([others, objectAt(content, ["spec"]), isLeaving(content)]);
}

/** gRPC's codes after which a driver may still be at work. */
const mayGoOn = new Set(["Canceled", "DeadlineExceeded", "Unavailable", "ResourceExhausted"]);

async function create(content: JsonObject, ref: ObjectRef, round: Round) {
  const { storage, kinds } = round;
  const annotate = (value: "yes" | null): Promise<void> =>
    merge(round, ref, { metadata: { annotations: { [beingCreated]: value } } });
  const className = textAt(content, ["spec", "volumeSnapshotClassName"]);
  const ofClass = await find(round, kinds.classes, className);
  const parameters = objectAt(ofClass, ["parameters"]) as Readonly<Record<string, string>>;
  await annotate("yes");
  const name = `snapshot-${textAt(content, ["spec", "volumeSnapshotRef", "uid"])}`;
  const source = textAt(content, ["spec", "source", "volumeHandle"]);
  try {
    const made = storage.create(name, source, parameters);
    await annotate(null);
    if (isLeaving(content)) round.unheard.set(nameOf(content), changedByOthers(content));
    return made;
  } catch (thrown) {
    if (thrown instanceof DriverError && !mayGoOn.has(thrown.code)) await annotate(null);
    throw thrown;
  }
}

/** Not while a driver may still be at work on it: then it is asked on, and the snapshot deleted after. */
function mayBeDeleted(content: JsonObject): boolean {
  const isUnbound =
    textAt(content, ["spec", "source", "snapshotHandle"]) !== "" &&
    textAt(content, ["spec", "volumeSnapshotRef", "uid"]) === "";
  const noted = objectAt(content, ["metadata", "annotations"]);
  return isLeaving(content) && (isUnbound || (!(beingCreated in noted) && beingDeleted in noted));
}

async function deleteContent(content: JsonObject, ref: ObjectRef, round: Round): Promise<void> {
  const handle = textAt(content, ["status", "snapshotHandle"]);
  const isAlone = groupHandle(content) === "";
  if (textAt(content, ["spec", "deletionPolicy"]) === "Delete" && handle !== "" && isAlone) {
    try {
      round.storage.remove(handle);
    } catch (thrown) {
      if (thrown instanceof DriverError) return;
      throw thrown;
    }
    await merge(round, ref, { status: { snapshotHandle: null, readyToUse: null } }, "status");
  }
  await merge(round, ref, withoutFinalizer(content, contentFinalizer));
}
