import type { AuthClient, JWTInput, OAuth2ClientOptions } from "google-auth-library";
import { ArkError } from "../../src/plugin-sdk/object-store.ts";
import { parseObject } from "./answer.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface ClientSettings {
  readonly scopes: string[];
  readonly universeDomain: string | undefined;
  readonly fetchImplementation: typeof globalThis.fetch;
}

/** A credentials file, by its `type`. */
export interface KeyFile {
  readonly type: string;
  /** The service account that acts, where the file tells. */
  readonly email: string | undefined;
  readonly projectId: string | undefined;
  readonly universeDomain: string | undefined;
  readonly tokenUri: string | undefined;
  /** PEM; stays in this process. */
  readonly privateKey: string | undefined;
  createClient(settings: ClientSettings): Promise<AuthClient>;
}

interface FileKind {
  /** What such a file must have. */
  readonly fields: readonly string[];
  readonly createClient: (fields: Fields, settings: ClientSettings) => Promise<AuthClient>;
}

const kinds: Readonly<Record<string, FileKind>> = {
  service_account: { fields: ["client_email", "private_key"], createClient: accountClient },
  external_account: {
    fields: ["audience", "subject_token_type", "token_url", "credential_source"],
    createClient: externalClient,
  },
  authorized_user: {
    fields: ["client_id", "client_secret", "refresh_token"],
    createClient: userClient,
  },
  impersonated_service_account: {
    fields: ["service_account_impersonation_url", "source_credentials"],
    createClient: impersonatedClient,
  },
};

/** Errors: ARK_CONFIG_INVALID, which never quotes the file. */
export function parseKeyFile(path: string, text: string): KeyFile {
  const fields = parseObject(text);
  if (fields === undefined) throw unusable(path, "it is no JSON object");
  const type = textOf(fields["type"]);
  if (type === undefined) throw unusable(path, "it has no `type`");
  return keyFileOf(path, type, fields);
}

function keyFileOf(path: string, type: string, fields: Fields): KeyFile {
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined) throw unusable(path, `its type ${JSON.stringify(type)} is not known`);
  const missing = kind.fields.filter((name) => fields[name] === undefined || fields[name] === "");
  if (missing.length > 0) {
    throw unusable(path, `a file of type ${type} must have ${missing.join(" and ")}`);
  }
  const email = type === "service_account" ? textOf(fields["client_email"]) : undefined;
  return {
    type,
    email: email ?? impersonatedAccount(fields),
    projectId: textOf(fields["project_id"]) ?? textOf(fields["quota_project_id"]),
    universeDomain: textOf(fields["universe_domain"]),
    tokenUri: tokenUriOf(path, fields),
    privateKey: type === "service_account" ? textOf(fields["private_key"]) : undefined,
    async createClient(settings) {
      try {
        return await kind.createClient(fields, settings);
      } catch (thrown) {
        if (thrown instanceof ArkError) throw thrown;
        throw unusable(path, thrown instanceof Error ? thrown.message : String(thrown));
      }
    },
  };
}

function tokenUriOf(path: string, fields: Fields): string | undefined {
  const uri = textOf(fields["token_uri"]);
  if (uri === undefined || (/^https?:/i.test(uri) && URL.canParse(uri))) return uri;
  throw unusable(path, "its `token_uri` is no URL");
}

function unusable(path: string, fault: string): ArkError {
  const known = Object.keys(kinds).join(", ");
  return new ArkError(
    "ARK_CONFIG_INVALID",
    `the credentials file ${JSON.stringify(path)} cannot be used: ${fault}`,
    { advice: `give a key file as Google makes it, of type ${known}` },
  );
}

function optionsOf({ universeDomain, fetchImplementation }: ClientSettings): OAuth2ClientOptions {
  return {
    ...(universeDomain === undefined ? {} : { universeDomain }),
    transporterOptions: { fetchImplementation },
  };
}

async function accountClient(fields: Fields, settings: ClientSettings): Promise<AuthClient> {
  const { JWT } = await import("google-auth-library");
  const input = fields as JWTInput;
  const keyId = textOf(fields["private_key_id"]);
  const tokenUri = textOf(fields["token_uri"]);
  return new JWT({
    ...optionsOf(settings),
    email: input.client_email as string,
    key: input.private_key as string,
    ...(keyId === undefined ? {} : { keyId }),
    scopes: settings.scopes,
    // The assertion is for the server that it is sent to.
    ...(tokenUri === undefined ? {} : { additionalClaims: { aud: tokenUri } }),
  });
}

async function externalClient(fields: Fields, settings: ClientSettings): Promise<AuthClient> {
  const { ExternalAccountClient } = await import("google-auth-library");
  const options = { ...fields, ...optionsOf(settings), scopes: settings.scopes };
  const client = ExternalAccountClient.fromJSON(options as never);
  if (client !== null) return client;
  throw new ArkError("ARK_CONFIG_INVALID", "credentials of type external_account cannot be used");
}

async function userClient(fields: Fields, settings: ClientSettings): Promise<AuthClient> {
  const { UserRefreshClient } = await import("google-auth-library");
  return new UserRefreshClient({
    ...optionsOf(settings),
    clientId: fields["client_id"] as string,
    clientSecret: fields["client_secret"] as string,
    refreshToken: fields["refresh_token"] as string,
  });
}

async function impersonatedClient(fields: Fields, settings: ClientSettings): Promise<AuthClient> {
  const { Impersonated } = await import("google-auth-library");
  const source = fields["source_credentials"] as Fields;
  const type = textOf(source["type"]) ?? "";
  const delegates = fields["delegates"];
  return new Impersonated({
    ...optionsOf(settings),
    sourceClient: (await keyFileOf("source_credentials", type, source).createClient(
      settings,
    )) as never,
    targetPrincipal: impersonatedAccount(fields) ?? "",
    targetScopes: settings.scopes,
    ...(Array.isArray(delegates) ? { delegates: delegates as string[] } : {}),
  });
}

/** `…/serviceAccounts/NAME@PROJECT.iam.gserviceaccount.com:generateAccessToken` */
function impersonatedAccount(fields: Fields): string | undefined {
  const url = textOf(fields["service_account_impersonation_url"]);
  return url === undefined
    ? undefined
    : /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url)?.[1];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
