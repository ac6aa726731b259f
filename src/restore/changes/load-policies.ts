import { createHash } from "node:crypto";
import { readPolicies } from "../../catalog/read-policies.ts";
import type { LoadedPolicies } from "../../domain/policies/planned-policies.ts";
import type { RuleSource } from "../../domain/rule-source.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { RestoreRequest } from "../restore-request.ts";

/**
 * Reads the resource policies that a request names, if any: those it brings along, else the
 * ConfigMap of `spec.resourcePolicy` in the namespace of the Restore. Errors: ARK_POLICY_INVALID,
 * ARK_POLICY_MISSING, those of a GET.
 */
export async function loadPolicies(
  request: RestoreRequest,
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<LoadedPolicies | undefined> {
  const source = sourceOf(request);
  if (source === undefined) return undefined;
  const { where, text } = await readPolicies(source, cluster, { signal });
  const { parseRestorePolicies } = await import("../../domain/policies/restore-policies.ts");
  const rules = parseRestorePolicies(text, where);
  return { where, sha256: createHash("sha256").update(text).digest("hex"), rules };
}

function sourceOf({ policies, spec, namespace }: RestoreRequest): RuleSource | undefined {
  if (policies !== undefined || spec.resourcePolicy === undefined) return policies;
  return { kind: "configmap", namespace: namespace ?? "ark-ts", name: spec.resourcePolicy.name };
}
