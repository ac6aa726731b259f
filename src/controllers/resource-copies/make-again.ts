import type { Backup } from "../../api/backup.ts";
import { backupStorageLocationKind } from "../../api/backup-storage-location.ts";
import { type CustomResource, type ResourceOf, resourceKindOf } from "../../api/custom-resource.ts";
import { fieldManager } from "../../api/field-manager.ts";
import type { OwnerReference } from "../../api/owner-reference.ts";
import { readResource } from "../../api/read-resource.ts";
import { scheduleKind } from "../../api/schedule.ts";
import type { Copyable, ResourceCopy } from "../../domain/copies/resource-copy.ts";
import { backupKeys } from "../../format/keys.ts";
import { hasCode } from "../../lib/errors.ts";
import { jsonBytes } from "../../lib/json-text.ts";
import type { ControllerContext } from "../controller-context.ts";
import { isCopied } from "./read-copies.ts";

type Ports = Pick<ControllerContext, "namespace" | "cluster" | "stores" | "log">;

/**
 * Creates what went with the definition of its kind, under a new uid: `made`, or `there` where the
 * name has been taken meanwhile; `later` where what it belongs to is to be made first; `sealed` for a
 * Backup that has ended since: sync brings it.
 */
export async function makeAgain(
  ports: Ports,
  kind: CustomResource,
  { object }: ResourceCopy,
  signal: AbortSignal,
): Promise<"made" | "there" | "later" | "sealed"> {
  const { cluster, namespace } = ports;
  const { ownerReferences = [], ...metadata } = object.metadata;
  const owners = await ownersHere(ports, ownerReferences, signal);
  if (owners === "later") return "later";
  if (kind.kind === "Backup") {
    const isOver = await isSealed(ports, object, signal);
    if (isOver !== false) return isOver;
  }
  const body = {
    ...object,
    metadata: { ...metadata, ...(owners.length > 0 && { ownerReferences: owners }) },
  };
  const ref = { kind: resourceKindOf(kind), namespace, name: metadata.name };
  try {
    await cluster.create(ref, jsonBytes(body), {
      signal,
      fieldManager,
    });
    return "made";
  } catch (thrown) {
    if (hasCode(thrown, "ARK_API_CONFLICT")) return "there";
    throw thrown;
  }
}

/** Owners have a new uid as well, or are gone: an owner that is not there would have it deleted. */
async function ownersHere(
  ports: Ports,
  listed: readonly OwnerReference[],
  signal: AbortSignal,
): Promise<readonly OwnerReference[] | "later"> {
  const owners: OwnerReference[] = [];
  for (const { apiVersion, kind, name } of listed) {
    if (kind !== "Schedule") continue;
    const schedule = await find(ports, scheduleKind, name, signal);
    if (schedule === "later") return "later";
    const uid = schedule?.metadata.uid;
    if (uid !== undefined) owners.push({ apiVersion, kind, name, uid });
  }
  return owners;
}

/** A location that does not answer says nothing: the run is taken up, and finds out. */
async function isSealed(
  ports: Ports,
  { metadata, spec }: Copyable,
  signal: AbortSignal,
): Promise<"sealed" | "later" | false> {
  const name = (spec as Backup["spec"]).storageLocation ?? "";
  if (name === "") return false;
  const location = await find(ports, backupStorageLocationKind, name, signal);
  if (location === "later") return "later";
  if (location === undefined) return false;
  try {
    const store = await ports.stores.open(location, signal);
    const { seal } = backupKeys(metadata.name);
    return (await store.head(seal, { signal })) === undefined ? false : "sealed";
  } catch (error) {
    signal.throwIfAborted();
    ports.log.write("warn", "cannot tell whether a backup has ended", {
      backup: metadata.name,
      error,
    });
    return false;
  }
}

/** Asked of the API server: a cache may still hold what went. `later`: it is to be made again. */
async function find<Kind extends CustomResource>(
  { cluster, namespace }: Ports,
  kind: Kind,
  name: string,
  signal: AbortSignal,
): Promise<ResourceOf<Kind> | "later" | undefined> {
  const raw = await cluster.get({ kind: resourceKindOf(kind), namespace, name }, { signal });
  if (raw !== undefined) return readResource(kind, raw.bytes);
  return (await isCopied({ cluster, namespace }, kind.kind, name, signal)) ? "later" : undefined;
}
