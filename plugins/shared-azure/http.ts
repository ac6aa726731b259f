import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import https from "node:https";
import type { PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { type Agents, createAgents } from "../shared-connection/agents.ts";

const http = process.getBuiltinModule("node:http");

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  /** Also ends the reading of the answer's body. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: IncomingMessage;
}

/** Requests over connections that are kept, through the proxy that the environment has for a host. */
export interface Http {
  /** Rejects as `node:http` does, with `code` ETIMEDOUT after a silence. */
  send(call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

export interface Timeouts {
  readonly connectMs: number;
  /** Without a byte in either direction, before an answer and within its body. */
  readonly silenceMs: number;
}

export const defaultTimeouts: Timeouts = { connectMs: 10_000, silenceMs: 120_000 };

export interface HttpOptions {
  /** PEM text or the path of a file, beside the system's. */
  readonly caCert?: string | undefined;
  readonly timeouts?: Timeouts | undefined;
}

/** Nothing is sent. */
export function createHttp(
  { caCert, timeouts = defaultTimeouts }: HttpOptions,
  env: PluginContext["env"],
): Http {
  const agents = new Map<string, Promise<Agents>>();
  const agentsFor = ({ origin, hostname }: URL): Promise<Agents> => {
    // Proxies do not reach what only this machine can: the service of its own identity.
    const hostEnv = hostname === instanceHost ? {} : env;
    const found = agents.get(origin) ?? createAgents({ target: origin, caCert }, hostEnv);
    agents.set(origin, found);
    return found;
  };
  return {
    async send(call) {
      call.signal.throwIfAborted();
      const url = new URL(call.url);
      const chosen = await agentsFor(url);
      return await exchange(url, call, chosen, timeouts);
    },
    close() {
      for (const pending of agents.values()) {
        pending.then(
          (made) => {
            made.http.destroy();
            made.https.destroy();
          },
          () => undefined,
        );
      }
    },
  };
}

/** The instance metadata service. */
export const instanceHost = "169.254.169.254";

function exchange(
  url: URL,
  { method, headers, body, signal }: HttpCall,
  agents: Agents,
  { connectMs, silenceMs }: Timeouts,
): Promise<HttpAnswer> {
  const isPlain = url.protocol === "http:";
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  const sized = body === undefined && method === "GET" ? {} : { "Content-Length": `${length}` };
  const options = { method, headers: { ...sized, ...headers }, signal, timeout: silenceMs };
  return new Promise((resolve, reject) => {
    const request = isPlain
      ? http.request(url, { ...options, agent: agents.http })
      : https.request(url, { ...options, agent: agents.https });
    let answered: IncomingMessage | undefined;
    request.once("response", (answer) => {
      answered = answer;
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer });
    });
    request.on("error", reject);
    request.on("timeout", () => {
      const silence = timedOut(`no byte came for ${silenceMs / 1_000} s`);
      (answered ?? request).destroy(silence);
    });
    request.once("socket", (socket) => {
      if (!socket.connecting) return;
      const late = () => request.destroy(timedOut(`no connection after ${connectMs / 1_000} s`));
      const timer = setTimeout(late, connectMs);
      const stop = () => clearTimeout(timer);
      socket.once(isPlain ? "connect" : "secureConnect", stop);
      socket.once("close", stop);
    });
    request.end(body);
  });
}

function timedOut(message: string): Error {
  return Object.assign(new AzureSilence(message), { code: "ETIMEDOUT" });
}

/** Nothing came for too long. */
class AzureSilence extends Error {}

/** What fits into memory of a short answer; the rest is read and dropped. */
const maxTextBytes = 4 * 1024 * 1024;

export async function readText({ body }: Pick<HttpAnswer, "body">): Promise<string> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    sizeBytes += piece.length;
    if (sizeBytes <= maxTextBytes) pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
