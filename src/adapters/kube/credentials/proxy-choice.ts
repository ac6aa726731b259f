import { ArkError } from "../../../lib/errors.ts";
import { parseProxyUrl, proxyForUrl } from "../../../lib/proxy-url.ts";
import type { ClusterEntry } from "./kubeconfig-entries.ts";

const schemes = ["http:", "https:", "socks5:", "socks5h:"];

/** The cluster's `proxy-url`, else the environment's proxy; undefined is a direct connection. Throws
 * ARK_KUBECONFIG_INVALID, or ARK_USAGE for the environment's. */
export function chooseProxy(
  cluster: Pick<ClusterEntry, "name" | "proxyUrl">,
  serverUrl: string,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  if (cluster.proxyUrl === undefined) return usable(proxyForUrl(serverUrl, env), "environment");
  const proxy = parseProxyUrl(cluster.proxyUrl);
  if (proxy === undefined) {
    throw invalidProxy(`the proxy-url of cluster "${cluster.name}" is not a URL`, undefined);
  }
  return usable(proxy, `proxy-url of cluster "${cluster.name}"`);
}

function usable(proxy: URL | undefined, origin: string): URL | undefined {
  if (proxy === undefined || schemes.includes(proxy.protocol)) return proxy;
  const scheme = proxy.protocol.slice(0, -1);
  throw invalidProxy(`the proxy of the ${origin} cannot be used`, `its scheme is "${scheme}"`);
}

function invalidProxy(message: string, answer: string | undefined): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", message, {
    ...(answer !== undefined && { answer }),
    advice: "give it as http://host:port, https://host:port or socks5://host:port",
  });
}
