import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fromIni } from "@aws-sdk/credential-provider-ini";
import type { Clock, PluginContext } from "../../src/plugin-sdk/object-store.ts";

/** What a location names; absent: it names neither. */
export interface NamedCredentials {
  readonly profile?: string | undefined;
  readonly credentialsFile?: string | undefined;
}

type Provider = ReturnType<typeof fromIni>;
type Identity = Awaited<ReturnType<Provider>>;

/**
 * The location's own credentials, else those of the environment, else undefined: the SDK's chain
 * (web identity, container, SSO, instance). What the location names never falls back to others.
 */
export function chooseCredentials(
  options: NamedCredentials,
  context: Pick<PluginContext, "env" | "homeDirectory" | "clock">,
): Provider | undefined {
  const { env } = context;
  if (options.profile !== undefined || options.credentialsFile !== undefined) {
    return fileCredentials(options, context);
  }
  const accessKeyId = env["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = env["AWS_SESSION_TOKEN"];
  return async () => ({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
  });
}

/**
 * Reads the files again when one of them changed: temporary credentials are replaced under
 * running servers. Credentials with an end of their own (roles, SSO) are renewed before it.
 */
function fileCredentials(
  { profile, credentialsFile }: NamedCredentials,
  { env, homeDirectory, clock }: Pick<PluginContext, "env" | "homeDirectory" | "clock">,
): Provider {
  const folder = join(homeDirectory, ".aws");
  const filepath =
    credentialsFile ?? env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(folder, "credentials");
  const configFilepath = credentialsFile ?? env["AWS_CONFIG_FILE"] ?? join(folder, "config");
  const read = fromIni({
    profile: profile ?? "default",
    filepath,
    configFilepath,
    ignoreCache: true,
  });
  let last: { readonly stamp: string; readonly identity: Identity } | undefined;
  return async (properties) => {
    const stamp = await stampOf([filepath, configFilepath]);
    if (last?.stamp !== stamp || needsRenewal(last.identity, clock)) {
      last = { stamp, identity: await read(properties) };
    }
    // An end in the past makes the SDK ask us before each request.
    return { ...last.identity, expiration: clock.now() };
  };
}

/** As early as the SDK itself renews. */
const renewalLeadMs = 5 * 60_000;

function needsRenewal({ expiration }: Identity, clock: Clock): boolean {
  return expiration !== undefined && expiration.getTime() - clock.now().getTime() < renewalLeadMs;
}

async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      return found === undefined ? "none" : `${found.ino}:${found.size}:${found.mtimeNs}`;
    }),
  );
  return stamps.join(" ");
}

/** Enough to recognise a key by, not the whole. */
export function maskKeyId(accessKeyId: string): string {
  return accessKeyId.length < 12
    ? `${accessKeyId.slice(0, Math.min(2, accessKeyId.length - 1))}…`
    : `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
}
