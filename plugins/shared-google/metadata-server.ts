import { request } from "undici";
import type { Clock, PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { GoogleRefusal, noCredentials, noToken, parseObject, readAnswer } from "./answer.ts";
import type { Connections } from "./connection.ts";

/** The account of the machine or pod that this process runs in. */
export interface MetadataServer {
  /** Kept until it is about to end. Errors: GoogleRefusal. */
  token(): Promise<string>;
  forget(): void;
  email(): Promise<string>;
  projectId(): Promise<string>;
}

/** It answers at once where there is one. */
const limitMs = 5_000;
/** The server itself hands out a new token when the old one has less than this. */
const renewalLeadMs = 4 * 60_000;

/** As Google's libraries find it. It is never asked through a proxy. */
export function metadataServer(
  { env, clock }: { readonly env: PluginContext["env"]; readonly clock: Clock },
  connections: Connections,
): MetadataServer {
  const host = env["GCE_METADATA_HOST"] || "169.254.169.254";
  let kept: { readonly token: Promise<string>; untilMs: number } | undefined;
  const ask = (path: string): Promise<string> => get(host, path, connections);
  const askToken = async (): Promise<string> => {
    const text = await ask("instance/service-accounts/default/token");
    const body = parseObject(text);
    const token = body?.["access_token"];
    if (typeof token !== "string") throw refusal(noToken, "the metadata server gave no token");
    const seconds = Number(body?.["expires_in"] ?? 0);
    if (kept !== undefined) kept.untilMs = clock.monotonicMs() + seconds * 1_000 - renewalLeadMs;
    return token;
  };
  return {
    async token() {
      if (kept === undefined || kept.untilMs <= clock.monotonicMs()) {
        // Who comes while it is asked for waits for the same one.
        kept = { token: askToken(), untilMs: Number.POSITIVE_INFINITY };
      }
      const mine = kept;
      try {
        return await mine.token;
      } catch (thrown) {
        if (kept === mine) kept = undefined;
        throw thrown;
      }
    },
    forget() {
      kept = undefined;
    },
    email: () => ask("instance/service-accounts/default/email"),
    projectId: () => ask("project/project-id"),
  };
}

async function get(host: string, path: string, { direct }: Connections): Promise<string> {
  const url = `http://${host}/computeMetadata/v1/${path}`;
  let answer: { readonly status: number; readonly text: string; readonly isGoogle: boolean };
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher: direct,
      headers: { "metadata-flavor": "Google" },
      signal: AbortSignal.timeout(limitMs),
    });
    const isGoogle = headers["metadata-flavor"] === "Google";
    answer = { status: statusCode, text: await body.text(), isGoogle };
  } catch (thrown) {
    const { errno, message } = readAnswer(thrown);
    const why = errno ?? message;
    throw refusal(
      noCredentials,
      `no credentials file, and no metadata server at ${host} (${why})`,
      thrown,
    );
  }
  const { status, text, isGoogle } = answer;
  if (!isGoogle) throw refusal(noCredentials, `what answers at ${host} is no metadata server`);
  if (status === 200) return text.trim();
  throw refusal(noToken, `the metadata server answered ${status} to ${path}`);
}

function refusal(reason: string, message: string, cause?: unknown): GoogleRefusal {
  const nothing = { status: undefined, requestId: undefined, errno: undefined };
  const answer = { reason, message, ...nothing, retryAfterMs: undefined, wasSent: false };
  return new GoogleRefusal(answer, cause);
}
