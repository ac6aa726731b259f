import { textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";

export function isTokenSecret(secret: JsonObject): boolean {
  return textAt(secret, ["type"]) === "kubernetes.io/service-account-token";
}

/** Names that the token controller (before Kubernetes 1.24) made: `<service account>-token-<5>`. */
export function isGeneratedTokenName(serviceAccount: string, secret: string): boolean {
  const prefix = `${serviceAccount}-token-`;
  return (
    serviceAccount !== "" &&
    secret.startsWith(prefix) &&
    /^[a-z0-9]{5}$/.test(secret.slice(prefix.length))
  );
}
