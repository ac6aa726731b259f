import { persistentVolumeClaims, priorityClasses } from "./edges.ts";
import type { ItemReference } from "./item-reference.ts";

/** A Pod as far as its references need it. */
export interface PodLens {
  readonly metadata?: { readonly deletionTimestamp?: string | null };
  readonly spec?: {
    readonly nodeName?: string;
    readonly priorityClassName?: string;
    readonly volumes?: readonly {
      readonly persistentVolumeClaim?: { readonly claimName?: string } | null;
    }[];
  };
  readonly status?: { readonly phase?: string };
}

/** Its priority class and its claims, each once (Velero's RelatedItemsForPod). */
export function podReferences(pod: PodLens, namespace: string): readonly ItemReference[] {
  const claims = claimsOf(pod).map((name) => ({
    resource: persistentVolumeClaims,
    namespace,
    name,
  }));
  const priority = pod.spec?.priorityClassName ?? "";
  if (priority === "") return claims;
  return [{ resource: priorityClasses, namespace: "", name: priority }, ...claims];
}

/** Whether it runs on a node and is not being deleted (Velero's IsPodRunning). */
export function isRunning({ metadata, spec, status }: PodLens): boolean {
  const stays = (metadata?.deletionTimestamp ?? "") === "";
  return stays && status?.phase === "Running" && (spec?.nodeName ?? "") !== "";
}

/** Names of the claims that its volumes mount. */
export function claimsOf(pod: PodLens): readonly string[] {
  const names = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    const name = volume.persistentVolumeClaim?.claimName ?? "";
    if (name !== "") names.add(name);
  }
  return [...names];
}
