import { inspect } from "node:util";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { chosenProxy, trustedCertificates } from "../shared-connection/agents.ts";

export interface Timeouts {
  readonly connectMs: number;
  /** Without a byte in either direction, before an answer. */
  readonly silenceMs: number;
  /** The same within the body of an answer. */
  readonly bodySilenceMs: number;
}

export const defaultTimeouts: Timeouts = {
  connectMs: 10_000,
  silenceMs: 120_000,
  bodySilenceMs: 120_000,
};

/** How requests travel: through the environment's proxy, trusting the given CA. */
export interface Connections {
  /** Errors: ARK_CONFIG_INVALID where the environment's proxy is no URL. */
  dispatcherFor(url: URL): Dispatcher;
  /** Past every proxy. */
  readonly direct: Dispatcher;
  close(): Promise<void>;
}

/** More calls than this wait for a free socket; catalog reads and parts stay well below. */
const maxConnections = 32;
/** Below what balancers on the way close idle connections after. */
const keepAliveMs = 30_000;

/** `caCert`: PEM text or the path of a file, beside the system's. Errors: ARK_CONFIG_INVALID. */
export async function createConnections(
  caCert: string | undefined,
  env: PluginContext["env"],
  { connectMs, silenceMs, bodySilenceMs }: Timeouts = defaultTimeouts,
): Promise<Connections> {
  const ca = await trustedCertificates(caCert);
  const connect = { ...(ca && { ca: [...ca] }), timeout: connectMs, allowH2: false };
  const pool = {
    connections: maxConnections,
    headersTimeout: silenceMs,
    bodyTimeout: bodySilenceMs,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
  };
  // By the proxy's URL; empty: none.
  const direct = new Agent({ ...pool, connect });
  const made = new Map<string, Dispatcher>([["", direct]]);
  const make = (proxy: string): Dispatcher =>
    new ProxyAgent({ ...pool, uri: proxy, requestTls: connect, proxyTls: connect });
  return {
    direct,
    dispatcherFor(url) {
      const proxy = chosenProxy(url, env)?.href ?? "";
      const dispatcher = made.get(proxy) ?? withoutInspection(make(proxy));
      made.set(proxy, dispatcher);
      return dispatcher;
    },
    async close() {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()));
      made.clear();
    },
  };
}

/** A proxy's password is an option inside; a debugger's print of the object must not show it. */
function withoutInspection(dispatcher: Dispatcher): Dispatcher {
  Object.defineProperty(dispatcher, inspect.custom, { value: () => "[Dispatcher]" });
  return dispatcher;
}
