import type { RestoreChange } from "../../format/restore-changes.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { claimOwners } from "../survey/claim-owners.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";

/** Tells which objects claims would be deleted with. */
export interface ClaimSurvey {
  /** `unknown`: this user may not list the claims of its namespace, and it is of a kind that has some. */
  owned(change: Pick<RestoreChange, "resource" | "namespace">, uid: string): boolean | "unknown";
}

/** Kinds that nobody makes claims for: asked is for no more rights than they need. */
const withoutClaims: ReadonlySet<string> = new Set([
  ...["configmaps", "secrets", "services", "serviceaccounts", "endpoints", "limitranges"],
  ...["resourcequotas", "ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io"],
  ...["roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"],
  ...["poddisruptionbudgets.policy", "horizontalpodautoscalers.autoscaling"],
]);

/** Lists claims only where something of the restore may be deleted. Errors: those of a LIST. */
export async function surveyClaims(
  changes: readonly RestoreChange[],
  { cluster, target }: { readonly cluster: ClusterReader; readonly target: TargetKinds },
  signal: AbortSignal,
): Promise<ClaimSurvey> {
  const unseen = new Set<string>();
  const namespaces = new Set(
    changes.flatMap(({ action, namespace }) => (action === "updated" ? [] : [namespace])),
  );
  const owners = await claimOwners(cluster, target, namespaces, signal, (namespace) =>
    unseen.add(namespace),
  );
  return {
    owned({ resource, namespace }, uid) {
      if (owners.has(uid)) return true;
      return unseen.has(namespace) && !withoutClaims.has(resource) ? "unknown" : false;
    },
  };
}
