import { textAt, withoutAll } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";
import { isTokenSecret } from "../token-secrets.ts";

/** The token controller fills these in for the new ServiceAccount; old ones make it refuse. */
export const tokenSecret: CleaningRule = {
  name: "token-secret",
  resources: ["secrets"],
  clean(secret, { mapNamespace }) {
    if (!isTokenSecret(secret)) return secret;
    const namespace = textAt(secret, ["metadata", "namespace"]);
    return withoutAll(secret, [
      ["metadata", "annotations", "kubernetes.io/service-account.uid"],
      ["data", "token"],
      ["data", "ca.crt"],
      // Where there is one, the controller takes it for right.
      ...(mapNamespace(namespace) === namespace ? [] : [["data", "namespace"]]),
    ]);
  },
};
