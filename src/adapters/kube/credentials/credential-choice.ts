import { ArkError } from "../../../lib/errors.ts";
import type { AccessOptions } from "./access-options.ts";
import { authProviderSource } from "./auth-provider.ts";
import { bearer, tokenFileSource } from "./bearer-token.ts";
import { type CredentialSource, fixedSource } from "./credential-source.ts";
import { execSource } from "./exec-source.ts";
import type { Connection, UserEntry } from "./kubeconfig-entries.ts";

/**
 * How a user of a kubeconfig authenticates, by kubectl's precedence: token file, token, password,
 * plugin. A client certificate comes beside it. `ca` is PEM, for a plugin that asks for it.
 */
export function chooseCredentials(
  { user, cluster }: Connection,
  ca: string | undefined,
  options: AccessOptions,
): CredentialSource {
  const { clock, env, terminal, pluginTimeoutMs: timeoutMs } = options;
  const owner = `user "${user.name}"`;
  if (user.tokenFile) return tokenFileSource(user.tokenFile, clock);
  if (user.token) return fixedSource({ authorization: bearer(user.token.trim(), owner) });
  if (user.username || user.password) return fixedSource({ authorization: basic(user) });
  if (user.exec) {
    const { exec } = user;
    return execSource({ exec, user: user.name, cluster, ca, env, terminal, timeoutMs, clock });
  }
  if (user.authProvider) return authProviderSource(user.authProvider, user.name, clock);
  return fixedSource({});
}

function basic(user: UserEntry): string {
  const { username = "", password = "" } = user;
  if (username.includes(":")) {
    throw new ArkError(
      "ARK_KUBECONFIG_INVALID",
      `the username of user "${user.name}" has a colon`,
      {
        advice: "HTTP basic authentication cannot carry it; use another way to authenticate",
      },
    );
  }
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
