import { arrayAt, textAt, without, withValue } from "../../../lib/json-edit.ts";
import type { CleaningRule } from "../rule.ts";
import { isGeneratedTokenName } from "../token-secrets.ts";

/** References to generated token Secrets dangle after a restore; the others are the user's. */
export const serviceAccountTokens: CleaningRule = {
  name: "service-account-tokens",
  resources: ["serviceaccounts"],
  clean(account) {
    const name = textAt(account, ["metadata", "name"]);
    const secrets = arrayAt(account, ["secrets"]);
    const kept = secrets.filter((ref) => !isGeneratedTokenName(name, textAt(ref, ["name"])));
    if (kept.length === secrets.length) return account;
    return kept.length === 0
      ? without(account, ["secrets"])
      : withValue(account, ["secrets"], kept);
  },
};
