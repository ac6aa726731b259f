import { readFile } from "node:fs/promises";
import { ArkError, type PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { createClientAssertion } from "./client-assertion.ts";
import { cloudOf } from "./clouds.ts";
import type { Credentials, CredentialValues } from "./credentials.ts";
import { AzureFailure, asRecord, failureOf, lostAnswer, parsed } from "./failure.ts";
import { type Http, instanceHost, readText } from "./http.ts";
import { chooseIdentity, describeIdentity, type Identity } from "./identity.ts";

export interface Token {
  readonly text: string;
  readonly expiresAt: Date;
}

export interface TokenSource {
  /**
   * A token for a scope such as `https://management.azure.com/.default`, kept until five minutes
   * before its end. Errors: AzureFailure, ARK_CONFIG_INVALID.
   */
  token(scope: string, signal: AbortSignal): Promise<Token>;
  /** After a refusal: the next token is a new one. */
  forget(): void;
  /** For people: `application 1234… by its secret of file /credentials/cloud`. */
  who(): Promise<string>;
}

export interface TokenOptions {
  readonly credentials: Credentials;
  readonly http: Http;
  /** Wins over the cloud's: `activeDirectoryAuthorityURI`. */
  readonly authority?: string | undefined;
}

/** As early as Azure's own libraries. */
const renewalLeadMs = 5 * 60_000;
const deadlineMs = 60_000;

/** No request is made. */
export function createTokenSource(options: TokenOptions, context: PluginContext): TokenSource {
  const { clock } = context;
  const kept = new Map<string, Token>();
  let keptStamp = "";
  return {
    async token(scope, signal) {
      signal.throwIfAborted();
      const found = await options.credentials.read();
      if (found.stamp !== keptStamp) kept.clear();
      keptStamp = found.stamp;
      const last = kept.get(scope);
      if (last !== undefined && last.expiresAt.getTime() - clock.now().getTime() > renewalLeadMs) {
        return last;
      }
      const fresh = await askForToken(found, scope, { options, context, signal });
      if (found.stamp === keptStamp) kept.set(scope, fresh);
      return fresh;
    },
    forget: () => kept.clear(),
    async who() {
      try {
        const found = await options.credentials.read();
        return `${describeIdentity(chooseIdentity(found, context.env))} of ${found.source}`;
      } catch {
        return "nobody: no usable credentials";
      }
    },
  };
}

interface Asking {
  readonly options: TokenOptions;
  readonly context: PluginContext;
  readonly signal: AbortSignal;
}

async function askForToken(
  found: CredentialValues,
  scope: string,
  { options, context, signal }: Asking,
): Promise<Token> {
  const identity = chooseIdentity(found, context.env);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  try {
    if (identity.kind === "managed") {
      return await askInstance(identity.client, scope, { options, context, signal: limit });
    }
    const authority =
      options.authority ??
      context.env["AZURE_AUTHORITY_HOST"] ??
      cloudOf(found.values["AZURE_CLOUD_NAME"]).authority;
    const url = `${authority.replace(/\/+$/, "")}/${encodeURIComponent(identity.tenant)}/oauth2/v2.0/token`;
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: identity.client,
      scope,
      ...(await proofOf(identity, url, context)),
    });
    const { status, headers, body } = await options.http.send({
      method: "POST",
      url,
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: form.toString(),
      signal: limit,
    });
    const text = await readText({ body });
    if (status !== 200) throw failureOf("token", status, headers, text);
    return readToken(text, context);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ArkError) throw thrown;
    throw lostAnswer("token", limit.aborted ? limit.reason : thrown);
  }
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async function proofOf(
  identity: Exclude<Identity, { kind: "managed" }>,
  audience: string,
  { clock }: PluginContext,
): Promise<Readonly<Record<string, string>>> {
  if (identity.kind === "secret") return { client_secret: identity.secret };
  if (identity.kind === "workload") {
    const assertion = (await textOf(identity.tokenFile, "AZURE_FEDERATED_TOKEN_FILE")).trim();
    return { client_assertion_type: assertionType, client_assertion: assertion };
  }
  const { certificate, password, sendsChain, client } = identity;
  const pem =
    "text" in certificate
      ? certificate.text
      : await textOf(certificate.path, "AZURE_CLIENT_CERTIFICATE_PATH");
  const request = { pem, password, sendsChain, client, audience };
  return {
    client_assertion_type: assertionType,
    client_assertion: createClientAssertion(request, clock),
  };
}

async function textOf(path: string, key: string): Promise<string> {
  return await readFile(path, "utf8").catch((thrown: unknown) => {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      `${key}: the file ${JSON.stringify(path)} cannot be read`,
      { answer: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown },
    );
  });
}

/** The service is slow to know a new machine: these answers mean: ask again. */
const instanceNotReady: readonly number[] = [404, 410, 429, 500, 502, 503, 504];
const instanceTries = 5;

/** The identity of the machine, told by a service that only the machine itself reaches. */
async function askInstance(
  client: string | undefined,
  scope: string,
  { options, context, signal }: Asking,
): Promise<Token> {
  const query = new URLSearchParams({
    "api-version": "2018-02-01",
    resource: scope.replace(/\/\.default$/, ""),
    ...(client === undefined ? {} : { client_id: client }),
  });
  const host = context.env["AZURE_POD_IDENTITY_AUTHORITY_HOST"] || `http://${instanceHost}`;
  const url = `${host.replace(/\/+$/, "")}/metadata/identity/oauth2/token?${query}`;
  for (let tries = 1; ; tries += 1) {
    const { status, headers, body } = await options.http.send({
      method: "GET",
      url,
      headers: { Metadata: "true" },
      signal,
    });
    const text = await readText({ body });
    if (status === 200) return readToken(text, context);
    const failure = failureOf("token", status, headers, text);
    if (!instanceNotReady.includes(status) || tries === instanceTries) throw failure;
    await context.clock.sleep(failure.retryAfterMs ?? 500 * 2 ** tries, signal);
  }
}

/** Seconds until the end are a number of Entra, a text of the machine's service. */
function readToken(text: string, { clock }: PluginContext): Token {
  const { access_token: token, expires_in: seconds } = asRecord(parsed(text));
  const lifetime = Number(seconds);
  if (typeof token === "string" && token !== "" && Number.isFinite(lifetime)) {
    return { text: token, expiresAt: new Date(clock.now().getTime() + lifetime * 1_000) };
  }
  throw new AzureFailure("token", "the answer holds no token", {
    code: "InvalidToken",
    status: 200,
  });
}
