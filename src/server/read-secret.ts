import type { ResourceKind } from "../api/resource-kind.ts";
import type { SecretKey } from "../api/shared-schemas.ts";
import { ArkError } from "../lib/errors.ts";
import { decodeJson } from "../lib/json-text.ts";
import type { ClusterReader } from "../ports/cluster.ts";

/** As every API server serves it: nothing needs to be discovered. */
export const secretKind: ResourceKind = {
  group: "",
  version: "v1",
  resource: "secrets",
  kind: "Secret",
  namespaced: true,
  verbs: ["get", "create", "update"],
  singular: "secret",
  shortNames: [],
  categories: [],
  preferred: true,
  subresources: [],
};

/**
 * One key of a Secret in the server's namespace; undefined where it is missing and optional. `field`
 * names who refers to it. Errors: ARK_CONFIG_INVALID where it is missing, those of a GET.
 */
export async function readSecretKey(
  cluster: Pick<ClusterReader, "get">,
  namespace: string,
  { name = "", key, optional }: SecretKey,
  field: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const raw =
    name === "" ? undefined : await cluster.get({ kind: secretKind, namespace, name }, { signal });
  const { data } = decodeJson(raw?.bytes.toString() ?? "{}") as {
    readonly data?: Readonly<Record<string, string>> | null;
  };
  const value = data?.[key];
  if (value !== undefined) return Buffer.from(value, "base64");
  if (optional === true) return undefined;
  const what = raw === undefined ? "which does not exist" : `which has no key "${key}"`;
  throw new ArkError(
    "ARK_CONFIG_INVALID",
    `${field} names Secret "${name}" in namespace "${namespace}", ${what}`,
    { advice: "create the Secret, or mend the reference; it is looked at again by itself" },
  );
}
