import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";
import { isGeneratedTokenName, isTokenSecret } from "../token-secrets.ts";

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
