import { createHash } from "node:crypto";
import { groupResource, type ResourceKind } from "../api/resource-kind.ts";
import type { LoadedPolicies } from "../domain/policies/planned-policies.ts";
import { policyViolations } from "../domain/selection/plan-policies.ts";
import { ArkError } from "../lib/errors.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { BackupRequest } from "./backup-run.ts";
import type { PolicySource } from "./policy-source.ts";

/**
 * Reads the resource policies that a request names, if any: those it brings along, else the
 * ConfigMap of `spec.resourcePolicy` in the namespace of the Backup. Errors: ARK_POLICY_INVALID,
 * ARK_POLICY_MISSING, ARK_API_FORBIDDEN; ARK_USAGE where they contradict the spec.
 */
export async function loadPolicies(
  request: BackupRequest,
  kinds: readonly ResourceKind[],
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<(LoadedPolicies & { readonly text: string }) | undefined> {
  const source = sourceOf(request);
  if (source === undefined) return undefined;
  const { where, text } =
    source.kind === "text" ? source : await readConfigMap(source, kinds, cluster, signal);
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

function sourceOf({ policies, spec, namespace }: BackupRequest): PolicySource | undefined {
  if (policies !== undefined || spec.resourcePolicy === undefined) return policies;
  return { kind: "configmap", namespace, name: spec.resourcePolicy.name };
}

async function readConfigMap(
  { namespace, name }: Extract<PolicySource, { readonly kind: "configmap" }>,
  kinds: readonly ResourceKind[],
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<{ readonly where: string; readonly text: string }> {
  const where = `ConfigMap ${namespace}/${name}`;
  const kind = kinds.find((candidate) => groupResource(candidate) === "configmaps");
  const object = kind && (await cluster.get({ kind, namespace, name }, { signal }));
  if (object === undefined) {
    throw new ArkError(
      "ARK_POLICY_MISSING",
      `the resource policies cannot be read: there is no ${where}`,
      {
        advice:
          "create it, name one of another namespace as NAMESPACE/NAME, or give a file with --resource-policies-file",
      },
    );
  }
  const { policyTextOf } = await import("../domain/policies/policy-text.ts");
  return { where, text: policyTextOf(object.bytes, where) };
}
