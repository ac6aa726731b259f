import type { IncomingHttpHeaders } from "node:http";
import type { PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { AzureFailure, failureOf, lostAnswer, parsed } from "./failure.ts";
import { type Http, readText } from "./http.ts";
import type { TokenSource } from "./tokens.ts";

export interface ManagerCall {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** `/subscriptions/…`, or an address that the service has given, such as one to poll. */
  readonly path: string;
  /** Left out for an address that the service has given: it has its own. */
  readonly apiVersion?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /**
   * Whether it may be sent again when no answer came, or one that leaves open what was done.
   * Default: only GET. What the service refused for its rate is sent again in any case.
   */
  readonly mayRepeat?: boolean;
  readonly signal: AbortSignal;
}

export interface ManagerAnswer {
  /** 200 to 299. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** JSON of the body; undefined without one. */
  readonly body: unknown;
}

/** Azure Resource Manager, asked with back-off. */
export interface ResourceManager {
  /** Errors: AzureFailure, ARK_CONFIG_INVALID, the signal's reason. */
  call(call: ManagerCall): Promise<ManagerAnswer>;
}

export interface ManagerOptions {
  readonly http: Http;
  readonly tokens: TokenSource;
  /** `https://management.azure.com`. */
  readonly endpoint: string;
  /** What tokens are asked for. */
  readonly audience: string;
  /** Of one try. */
  readonly deadlineMs?: number;
}

/** With the pauses between them some two minutes. */
const maxTries = 8;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** Who asks for more patience than this is not waited for. */
const longestAskedPauseMs = 300_000;
const defaultDeadlineMs = 60_000;

/** No request is made. */
export function createResourceManager(
  options: ManagerOptions,
  { clock, log }: PluginContext,
): ResourceManager {
  return {
    async call(call) {
      const { signal, method, mayRepeat = method === "GET" } = call;
      let isRenewed = false;
      for (let tries = 1; ; tries += 1) {
        signal.throwIfAborted();
        try {
          return await sendOnce(call, options);
        } catch (thrown) {
          signal.throwIfAborted();
          if (!(thrown instanceof AzureFailure)) throw thrown;
          if (thrown.service === "resource manager" && thrown.status === 401 && !isRenewed) {
            isRenewed = true;
            options.tokens.forget();
            continue;
          }
          // No token, no request: nothing was done.
          const isOpen = thrown.service === "resource manager" && !isSlowDown(thrown);
          const isWorthwhile = isSlowDown(thrown) || isPassing(thrown);
          const pauseMs = thrown.retryAfterMs ?? pauseAfter(tries, clock.random());
          const isTooLong = pauseMs > longestAskedPauseMs;
          if (!isWorthwhile || (isOpen && !mayRepeat) || isTooLong || tries === maxTries)
            throw thrown;
          const fields = { method, path: pathOf(call.path), answer: thrown.code, pauseMs };
          log?.write("info", "a provider is asked again", fields);
          await clock.sleep(pauseMs, signal);
        }
      }
    },
  };
}

const pauseAfter = (tries: number, chance: number): number =>
  Math.round(Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs) * (0.5 + chance / 2));

const pathOf = (path: string): string => path.replace(/\?.*$/, "");

/** The service has done nothing, and asks for less. */
export function isSlowDown({ status }: AzureFailure): boolean {
  return status === 429;
}

/** It may go away by itself: the network, or the service within. */
export function isPassing({ status, code }: AzureFailure): boolean {
  if (status === undefined) return !lasting.includes(code);
  return [408, 500, 502, 503, 504].includes(status);
}

/** TLS: asking again changes nothing. */
const lasting: readonly string[] = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
];

async function sendOnce(call: ManagerCall, options: ManagerOptions): Promise<ManagerAnswer> {
  const { http, tokens, endpoint, audience, deadlineMs = defaultDeadlineMs } = options;
  const { text: token } = await tokens.token(`${audience}/.default`, call.signal);
  const limit = AbortSignal.any([call.signal, AbortSignal.timeout(deadlineMs)]);
  try {
    const { status, headers, body } = await http.send({
      method: call.method,
      url: addressOf(call, endpoint),
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: "application/json",
        ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: limit,
    });
    const text = await readText({ body });
    if (status < 200 || status > 299) throw failureOf("resource manager", status, headers, text);
    return { status, headers, body: parsed(text) };
  } catch (thrown) {
    throw lostAnswer("resource manager", limit.aborted ? limit.reason : thrown);
  }
}

/** A token goes to the service itself only, whatever address an answer names. */
function addressOf({ path, apiVersion, query = {} }: ManagerCall, endpoint: string): string {
  const url = new URL(path, endpoint);
  if (url.origin !== new URL(endpoint).origin) {
    throw new AzureFailure("resource manager", `it names another host: ${url.host}`, {
      code: "UnexpectedHost",
    });
  }
  if (apiVersion !== undefined) url.searchParams.set("api-version", apiVersion);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
