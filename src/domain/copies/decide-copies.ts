import type { CustomResource } from "../../api/custom-resource.ts";
import {
  type Copyable,
  type CopyOrigin,
  copiedObject,
  isToBeCopied,
  type ResourceCopy,
} from "./resource-copy.ts";

/** What is to be done about the copies of one kind. */
export interface CopyPlan {
  /** No copy, or one that differs from what stands. */
  readonly write: readonly Copyable[];
  /** The object has ended, its user has deleted it, or it never stood in this cluster. */
  readonly drop: readonly ResourceCopy[];
  /** The object went with the definition of its kind. */
  readonly recreate: readonly ResourceCopy[];
}

/**
 * Pure. `live` is what stood before `definitionUid` was read, of a definition that was not being
 * deleted then. As one that is being deleted never comes back under its uid, an object that is
 * missing though its definition is the same was deleted by somebody who meant it. Copies travel with
 * backups of the server's namespace: those of another cluster must not come alive in this one.
 */
export function decideCopies(
  kind: CustomResource,
  live: ReadonlyMap<string, Copyable>,
  copies: ReadonlyMap<string, ResourceCopy>,
  { definitionUid, clusterId }: CopyOrigin,
): CopyPlan {
  const write: Copyable[] = [];
  const drop: ResourceCopy[] = [];
  const recreate: ResourceCopy[] = [];
  for (const [name, object] of live) {
    if (!isToBeCopied(kind, object)) continue;
    const copy = copies.get(name);
    const isEqual =
      copy !== undefined &&
      copy.uid === object.metadata.uid &&
      copy.definitionUid === definitionUid &&
      copy.clusterId === clusterId &&
      JSON.stringify(copy.object) === JSON.stringify(copiedObject(object));
    if (!isEqual) write.push(object);
  }
  for (const [name, copy] of copies) {
    const object = live.get(name);
    if (object !== undefined) {
      if (!isToBeCopied(kind, object)) drop.push(copy);
    } else if (copy.definitionUid === definitionUid || copy.clusterId !== clusterId)
      drop.push(copy);
    else recreate.push(copy);
  }
  return { write, drop, recreate };
}
