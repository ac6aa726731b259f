/** Who the owners of objects are after a restore: by kind and place, as uids are new. */
import { type ClusterState, objectKey, type StoredObject } from "./cluster-state.ts";

export interface OwnersNow {
  /** The uid that the object of this old uid has now; undefined when it is not there. */
  readonly uidOf: (oldUid: string) => string | undefined;
  /**
   * The owner references that an object must have now. Dropped: owners that are not there, and
   * those in another namespace, which the garbage collector would take for gone.
   */
  readonly ownersOf: (object: StoredObject) => readonly OwnerReference[];
}

export interface OwnerReference {
  readonly uid: string;
  readonly [key: string]: unknown;
}

interface Metadata {
  readonly uid?: string;
  readonly ownerReferences?: readonly OwnerReference[];
}

const metadataOf = ({ value }: StoredObject): Metadata => value["metadata"] as Metadata;

/** `place` says where an object of before is to be found now. */
export function ownersNow(
  before: ClusterState,
  after: ClusterState,
  place: (object: StoredObject) => Pick<StoredObject, "resource" | "namespace" | "name">,
): OwnersNow {
  const former = new Map<string, StoredObject>();
  for (const object of before.values()) {
    const { uid } = metadataOf(object);
    if (uid !== undefined) former.set(uid, object);
  }
  const uidOf = (oldUid: string): string | undefined => {
    const object = former.get(oldUid);
    const found = object === undefined ? undefined : after.get(objectKey(place(object)));
    return found === undefined ? undefined : metadataOf(found).uid;
  };
  return {
    uidOf,
    ownersOf: (object) =>
      (metadataOf(object).ownerReferences ?? []).flatMap((reference) => {
        const owner = former.get(reference.uid);
        const uid = uidOf(reference.uid);
        if (owner === undefined || uid === undefined) return [];
        const { namespace } = place(owner);
        return namespace === "" || namespace === place(object).namespace
          ? [{ ...reference, uid }]
          : [];
      }),
  };
}
