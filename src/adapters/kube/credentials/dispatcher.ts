import { inspect } from "node:util";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { createSocks5Connector } from "./socks5-connector.ts";
import { systemAuthorities, type TlsMaterial } from "./tls-material.ts";

export interface DispatcherSettings {
  readonly tls: TlsMaterial;
  /** The name to ask for and to verify instead of the host's. */
  readonly serverName: string | undefined;
  readonly skipTlsVerify: boolean;
  readonly proxy: URL | undefined;
}

/** Enough for the adaptive limiter above; HTTP/1.1 carries one request on each. */
const maxConnections = 64;
const connectTimeoutMs = 10_000;
/** The API server ends what is not a watch after 60 s by default. */
const headersTimeoutMs = 120_000;
/** Silence inside a body; bookmarks come each minute. A request may set its own. */
const bodyTimeoutMs = 120_000;
/** Below the 90 s after which a Go server closes an idle connection. */
const keepAliveMs = 30_000;

const pool = {
  connections: maxConnections,
  pipelining: 1,
  allowH2: false,
  headersTimeout: headersTimeoutMs,
  bodyTimeout: bodyTimeoutMs,
  keepAliveTimeout: keepAliveMs,
  keepAliveMaxTimeout: keepAliveMs,
};

/** One pool of connections with these certificates, directly or through the proxy. */
export function createDispatcher(settings: DispatcherSettings): Dispatcher {
  return withoutInspection(buildDispatcher(settings));
}

function buildDispatcher({ tls, serverName, skipTlsVerify, proxy }: DispatcherSettings) {
  const connect = {
    ca: tls.ca ?? systemAuthorities(),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: !skipTlsVerify,
    allowH2: false,
    timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  };
  if (proxy === undefined) return new Agent({ ...pool, connect });
  if (proxy.protocol.startsWith("socks")) {
    return new Agent({ ...pool, connect: createSocks5Connector(proxy, connect) });
  }
  const proxyTls = {
    ca: [...(tls.ca === undefined ? [] : [tls.ca]), ...systemAuthorities()],
    rejectUnauthorized: !skipTlsVerify,
    allowH2: false,
    timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  };
  return new ProxyAgent({ ...pool, uri: proxy.href, requestTls: connect, proxyTls });
}

/** Keys and passwords are options inside; a debugger's print of the object must not show them. */
function withoutInspection(dispatcher: Dispatcher): Dispatcher {
  Object.defineProperty(dispatcher, inspect.custom, { value: () => "[Dispatcher]" });
  return dispatcher;
}
