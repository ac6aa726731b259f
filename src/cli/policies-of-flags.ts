import type { PolicySource } from "../backup/policy-source.ts";
import { readFlagFile } from "./flag-file.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

const configMapFlag = "resource-policies-configmap";
const fileFlag = "resource-policies-file";

/** `[NAMESPACE/]NAME` of --resource-policies-configmap; undefined: the flag was not typed. */
export function policyConfigMapOfFlags(
  flags: FlagValues,
): { readonly namespace: string | undefined; readonly name: string } | undefined {
  const text = flags.text(configMapFlag);
  if (text === undefined) return undefined;
  const parts = text.split("/");
  const [name = "", namespace] = parts.reverse();
  if (parts.length > 2 || name === "" || namespace === "") {
    throw usageError(
      `--${configMapFlag}=${text}: must be the name of a ConfigMap, or NAMESPACE/NAME`,
    );
  }
  return { namespace, name };
}

/**
 * Resource policies that the flags name; `namespace` is that of a ConfigMap named without one.
 * A file is read and checked at once. Errors: ARK_USAGE, ARK_POLICY_INVALID.
 */
export async function policiesOfFlags(
  flags: FlagValues,
  { cwd, namespace }: { readonly cwd: string; readonly namespace: string },
): Promise<PolicySource | undefined> {
  const path = flags.text(fileFlag);
  const configMap = policyConfigMapOfFlags(flags);
  if (configMap !== undefined) {
    if (path !== undefined)
      throw usageError(`--${configMapFlag} and --${fileFlag} cannot be used together`);
    return { kind: "configmap", namespace, ...withoutUndefined(configMap) };
  }
  if (path === undefined) return undefined;
  const where = `file ${path}`;
  const text = await readFlagFile(fileFlag, path, cwd);
  const { parseResourcePolicies } = await import("../domain/policies/parse-policies.ts");
  parseResourcePolicies(text, where);
  return { kind: "text", where, text };
}

function withoutUndefined({
  namespace,
  name,
}: NonNullable<ReturnType<typeof policyConfigMapOfFlags>>): {
  readonly namespace?: string;
  readonly name: string;
} {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}
