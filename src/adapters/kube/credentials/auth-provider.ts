import { ArkError } from "../../../lib/errors.ts";
import { decodeJson } from "../../../lib/json-text.ts";
import type { Clock } from "../../../ports/clock.ts";
import { bearer } from "./bearer-token.ts";
import { type CredentialSource, fixedSource } from "./credential-source.ts";
import type { AuthProviderEntry } from "./kubeconfig-entries.ts";
import { isFields } from "./yaml-fields.ts";

/** What took the place of the providers that kubectl dropped in 1.26. */
const replacements: Readonly<Record<string, string>> = {
  gcp: "install gke-gcloud-auth-plugin and run `gcloud container clusters get-credentials CLUSTER`",
  azure: "install kubelogin and run `kubelogin convert-kubeconfig`",
  openstack: "install client-keystone-auth and use it in an exec section",
};

/**
 * `auth-provider` of a kubeconfig. Only `oidc` is left in kubectl. Its id-token is used as it
 * stands: renewing it would consume a refresh token that only kubectl may write back.
 */
export function authProviderSource(
  provider: AuthProviderEntry,
  user: string,
  clock: Clock,
): CredentialSource {
  if (provider.name !== "oidc") throw removedProvider(provider.name, user);
  const token = provider.config["id-token"];
  if (token === undefined || token === "") {
    throw unusable(
      `the auth-provider oidc of user "${user}" has no id-token`,
      "it is not logged in",
    );
  }
  const authorization = bearer(token, `user "${user}"`);
  const expiresAt = expiryOf(token);
  const fixed = fixedSource({ authorization });
  return {
    ...fixed,
    current: () => {
      if (expiresAt === undefined || clock.now() < expiresAt) return fixed.current();
      const at = expiresAt.toISOString();
      const message = `the id-token of user "${user}" has expired`;
      return Promise.reject(unusable(message, `it was good until ${at}`));
    },
  };
}

function removedProvider(name: string, user: string): ArkError {
  const message = `user "${user}" uses auth-provider "${name}", which kubectl no longer has`;
  return new ArkError("ARK_KUBECONFIG_INVALID", message, {
    advice: replacements[name] ?? "use a credential plugin in an exec section instead",
  });
}

function unusable(message: string, answer: string): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", message, {
    answer,
    advice:
      "run any kubectl command with this context, which renews it, or use kubelogin as plugin",
  });
}

/** The `exp` of a JSON Web Token; undefined when it has none or is no such token. */
function expiryOf(token: string): Date | undefined {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const claims: unknown = decodeJson(payload);
    const exp = isFields(claims) ? claims["exp"] : undefined;
    return typeof exp === "number" ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}
