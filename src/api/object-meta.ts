import type { OwnerReference } from "./owner-reference.ts";

/** What resources of `velero.io` use of `metadata` (contract: `meta/v1`). */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string | null;
  /** Set while it is on its way out, held by `finalizers`. */
  readonly deletionTimestamp?: string | null;
  readonly resourceVersion?: string;
  /** Counts changes of everything but metadata; status included, as the kinds have no subresource. */
  readonly generation?: number;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
