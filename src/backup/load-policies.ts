import { createHash } from "node:crypto";
import { readPolicies } from "../catalog/read-policies.ts";
import type { LoadedPolicies } from "../domain/policies/planned-policies.ts";
import type { RuleSource } from "../domain/rule-source.ts";
import { policyViolations } from "../domain/selection/plan-policies.ts";
import { ArkError } from "../lib/errors.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { BackupRequest } from "./backup-run.ts";

/**
 * Reads the resource policies that a request names, if any: those it brings along, else the
 * ConfigMap of `spec.resourcePolicy` in the namespace of the Backup. Errors: ARK_POLICY_INVALID,
 * ARK_POLICY_MISSING, ARK_API_FORBIDDEN; ARK_USAGE where they contradict the spec.
 */
export async function loadPolicies(
  request: Pick<BackupRequest, "name" | "spec" | "namespace" | "policies">,
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<(LoadedPolicies & { readonly text: string }) | undefined> {
  const source = sourceOf(request);
  if (source === undefined) return undefined;
  const { where, text } = await readPolicies(source, cluster, { signal });
  const { parseResourcePolicies } = await import("../domain/policies/parse-policies.ts");
  const rules = parseResourcePolicies(text, where);
  const violations = policyViolations(request.spec, rules);
  if (violations.length > 0) {
    throw new ArkError(
      "ARK_USAGE",
      `cannot plan backup "${request.name}": ${violations.join("; ")}`,
    );
  }
  return { where, text, sha256: createHash("sha256").update(text).digest("hex"), rules };
}

function sourceOf({
  policies,
  spec,
  namespace,
}: Pick<BackupRequest, "spec" | "namespace" | "policies">): RuleSource | undefined {
  if (policies !== undefined || spec.resourcePolicy === undefined) return policies;
  return { kind: "configmap", namespace, name: spec.resourcePolicy.name };
}
