import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AuthClient } from "google-auth-library";
import { ArkError, type PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { GoogleRefusal, noToken, readAnswer } from "./answer.ts";
import type { Connections } from "./connection.ts";
import { type KeyFile, parseKeyFile } from "./key-file.ts";
import { metadataServer } from "./metadata-server.ts";
import { createTokenFetch } from "./token-fetch.ts";

export const cloudPlatformScope = "https://www.googleapis.com/auth/cloud-platform";

/** What a location names; absent: the environment's. */
export interface NamedCredentials {
  readonly credentialsFile?: string | undefined;
  readonly universeDomain?: string | undefined;
}

/** Who asks. Errors of all calls: ARK_CONFIG_INVALID for a file that cannot be used, GoogleRefusal. */
export interface GoogleCredentials {
  /** The value of the header `authorization` for requests to `url`. */
  authorization(url: URL, signal: AbortSignal): Promise<string>;
  /** After a 401: the next call gets a new token. */
  forget(): void;
  /** For people: which credentials Google sees. Never throws. */
  who(): Promise<string>;
  projectId(signal: AbortSignal): Promise<string | undefined>;
  /** The account of a key file, its private key where the file has one; undefined elsewhere. */
  signingAccount(): Promise<SigningAccount | undefined>;
}

export interface SigningAccount {
  readonly email: string;
  /** PEM; absent where only IAM can sign for the account. */
  readonly privateKey?: string | undefined;
}

type CredentialsContext = Pick<PluginContext, "env" | "homeDirectory" | "clock">;

/** The location's own credentials, else those of the environment. No request is made yet. */
export function createCredentials(
  named: NamedCredentials,
  context: CredentialsContext,
  connections: Connections,
): GoogleCredentials {
  const machine = metadataServer(context, connections);
  const openFile = fileIdentity(named, context, connections);
  return {
    async authorization(url, signal) {
      const identity = await openFile();
      const token =
        identity === undefined
          ? machine.token().then((text) => `Bearer ${text}`)
          : headerOf(identity, url);
      return await untilAborted(token, signal);
    },
    forget() {
      machine.forget();
      openFile.forget();
    },
    async who() {
      try {
        const identity = await openFile();
        if (identity === undefined) return `service account ${await machine.email()}`;
        const { keyFile, path } = identity;
        return `${keyFile.email ?? keyFile.type} of file ${path}`;
      } catch (thrown) {
        return `nobody: ${thrown instanceof Error ? thrown.message : "no credentials"}`;
      }
    },
    async projectId(signal) {
      const { env } = context;
      const identity = await openFile();
      const named = identity?.keyFile.projectId ?? env["GOOGLE_CLOUD_PROJECT"];
      if (named !== undefined && named !== "") return named;
      return identity === undefined ? await untilAborted(machine.projectId(), signal) : undefined;
    },
    async signingAccount() {
      const { email, privateKey } = (await openFile())?.keyFile ?? {};
      return email === undefined ? undefined : { email, privateKey };
    },
  };
}

interface FileIdentity {
  readonly path: string;
  readonly keyFile: KeyFile;
  readonly client: AuthClient;
}

interface FileOpener {
  /** Undefined where no file is named and none lies where gcloud puts it. */
  (): Promise<FileIdentity | undefined>;
  forget(): void;
}

/** Reads the file again when it changed: credentials are replaced under running servers. */
function fileIdentity(
  { credentialsFile, universeDomain }: NamedCredentials,
  { env, homeDirectory }: CredentialsContext,
  connections: Connections,
): FileOpener {
  const given = credentialsFile ?? (env["GOOGLE_APPLICATION_CREDENTIALS"] || undefined);
  const folder = env["CLOUDSDK_CONFIG"] || join(homeDirectory, ".config", "gcloud");
  const path = given ?? join(folder, "application_default_credentials.json");
  let last: { readonly stamp: string; readonly identity: Promise<FileIdentity> } | undefined;
  const open = async (): Promise<FileIdentity | undefined> => {
    const stamp = await stampOf(path);
    if (stamp === undefined && given === undefined) return undefined;
    if (stamp === undefined || last?.stamp !== stamp) {
      last = { stamp: stamp ?? "", identity: readIdentity(path, universeDomain, connections) };
    }
    const mine = last;
    try {
      return await mine.identity;
    } catch (thrown) {
      if (last === mine) last = undefined;
      throw thrown;
    }
  };
  const forget = (): void => {
    last = undefined;
  };
  return Object.assign(open, { forget });
}

async function readIdentity(
  path: string,
  universeDomain: string | undefined,
  connections: Connections,
): Promise<FileIdentity> {
  const text = await readFile(path, "utf8").catch((thrown: unknown) => {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      `the credentials file ${JSON.stringify(path)} cannot be read`,
      { answer: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown },
    );
  });
  const keyFile = parseKeyFile(path, text);
  const client = await keyFile.createClient({
    scopes: [cloudPlatformScope],
    universeDomain: universeDomain ?? keyFile.universeDomain,
    fetchImplementation: createTokenFetch(connections, keyFile.tokenUri),
  });
  return { path, keyFile, client };
}

async function headerOf({ client, path }: FileIdentity, url: URL): Promise<string> {
  try {
    const header = (await client.getRequestHeaders(url.origin)).get("authorization");
    if (header !== null) return header;
  } catch (thrown) {
    throw tokenRefusal(path, thrown);
  }
  throw tokenRefusal(path, new TypeError("no token came"));
}

/** The package's error holds the whole request, the assertion too: only its words go on. */
function tokenRefusal(path: string, thrown: unknown): GoogleRefusal {
  const answer = readAnswer(thrown);
  const { status } = thrown as { readonly status?: unknown };
  return new GoogleRefusal({
    ...answer,
    reason: answer.errno === undefined ? noToken : answer.reason,
    message: `no token for the credentials of ${path}: ${answer.message}`,
    status: typeof status === "number" ? status : undefined,
    wasSent: false,
  });
}

/** The token is shared with other calls: one that is cancelled leaves it to them. */
async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  // Whoever leaves it must not leave its failure to nobody.
  work.catch(() => undefined);
  signal.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const onAbort = (): void => stop.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, stop.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.ino}:${found.size}:${found.mtimeNs}`;
}
