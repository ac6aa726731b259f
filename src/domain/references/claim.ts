import { persistentVolumes } from "./edges.ts";
import type { ItemReference } from "./item-reference.ts";

/** A PersistentVolumeClaim as far as its references need it. */
export interface ClaimLens {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> | null };
  readonly spec?: {
    readonly volumeName?: string;
    readonly storageClassName?: string | null;
    readonly selector?: {
      readonly matchLabels?: Readonly<Record<string, string>> | null;
    } | null;
    readonly dataSource?: unknown;
    readonly dataSourceRef?: unknown;
  };
  readonly status?: { readonly phase?: string };
}

/** Whether it has its volume; a claim that waits or lost its volume has no references. */
export function isBound(claim: ClaimLens): boolean {
  return claim.status?.phase === "Bound" && (claim.spec?.volumeName ?? "") !== "";
}

/** Its volume (Velero's RelatedItemsForPVC). */
export function claimReferences(claim: ClaimLens): readonly ItemReference[] {
  if (!isBound(claim)) return [];
  return [{ resource: persistentVolumes, namespace: "", name: claim.spec?.volumeName ?? "" }];
}
