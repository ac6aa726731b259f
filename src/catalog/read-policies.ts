import { configMapKind } from "../api/config-map-kind.ts";
import type { RuleSource } from "../domain/rule-source.ts";
import { ArkError } from "../lib/errors.ts";
import type { CallOptions, ClusterReader } from "../ports/cluster.ts";

/**
 * The text of resource policies, and whose they are. Errors: ARK_POLICY_MISSING; ARK_POLICY_INVALID
 * for a ConfigMap that holds not one text; those of a GET.
 */
export async function readPolicies(
  source: RuleSource,
  cluster: Pick<ClusterReader, "get">,
  { signal }: CallOptions,
): Promise<{ readonly where: string; readonly text: string }> {
  if (source.kind === "text") return source;
  const { namespace, name } = source;
  const where = `ConfigMap ${namespace}/${name}`;
  const found = await cluster.get({ kind: configMapKind, namespace, name }, { signal });
  if (found === undefined) {
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
  return { where, text: policyTextOf(found.bytes, where) };
}
