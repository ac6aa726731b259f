import { textAt, withoutAll } from "../../../lib/json-edit.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import type { CleaningRule, LeaveOutRule } from "../rule.ts";
import { isGeneratedTokenName } from "./generated-token.ts";

const isTokenSecret = (secret: JsonObject): boolean =>
  textAt(secret, ["type"]) === "kubernetes.io/service-account-token";

/** The token controller removes a generated token Secret whose ServiceAccount does not name it. */
export const generatedTokenSecret: LeaveOutRule = {
  name: "generated-token-secret",
  resources: ["secrets"],
  applies(secret) {
    const account = textAt(secret, [
      "metadata",
      "annotations",
      "kubernetes.io/service-account.name",
    ]);
    return isTokenSecret(secret) &&
      isGeneratedTokenName(account, textAt(secret, ["metadata", "name"]))
      ? "a generated service account token; the cluster makes its own"
      : undefined;
  },
};

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
