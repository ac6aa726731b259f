import type { GroupResource } from "../../api/resource-kind.ts";
import type { RestoreSelection } from "../../domain/restore/selection.ts";

/** An object of the side that a backup is compared with. */
export interface OtherObject {
  readonly resource: GroupResource;
  /** Empty: cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
  readonly normalSha256: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Of its bytes, whether they are at hand or not. */
  readonly sizeBytes: number;
  /** Undefined: `bytesOf` reads them. */
  readonly bytes: Buffer | undefined;
}

/** What a backup is compared with: a cluster, or another backup. */
export interface OtherSide {
  /** Kind after kind; memory does not grow with their number. */
  objects(signal: AbortSignal): AsyncIterable<OtherObject>;
  /** Bytes by key (match-objects.ts) of objects that came without. */
  bytesOf(keys: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, Buffer>>;
  /** Kinds of which nothing could be told, with why; known once the objects have come. */
  readonly unread: ReadonlyMap<GroupResource, string>;
}

/** What is compared, by the names that objects have in the backup. */
export interface DiffScope {
  readonly selection: RestoreSelection;
  /** One object only; by its name in the backup. */
  readonly object: { readonly namespace: string; readonly name: string } | undefined;
  /** Kinds that are left out unless they are named; see noise.ts. */
  readonly leavesOut: (resource: GroupResource) => boolean;
}

export function isInScope(
  { selection, object, leavesOut }: DiffScope,
  resource: GroupResource,
  namespace: string,
  name: string,
): boolean {
  if (object !== undefined && (object.name !== name || object.namespace !== namespace))
    return false;
  return !leavesOut(resource) && selection.includes(resource, namespace, name);
}
