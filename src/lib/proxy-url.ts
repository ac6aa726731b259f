import { ArkError } from "./errors.ts";
import { type IpAddress, isInNetwork, isLoopback, parseIpAddress } from "./ip-address.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment asks for when `target` is called, by the rules of Go programs
 * (kubectl, Velero): `HTTPS_PROXY` or `HTTP_PROXY` by the target's scheme, capitals first;
 * `localhost` and loopback addresses never go through it; `NO_PROXY` lists what else does not.
 * A proxy without scheme is `http`. Undefined means direct. Throws ARK_USAGE, without the value
 * (it may hold a password), when the variable holds no URL.
 */
export function proxyForUrl(target: string | URL, env: Environment): URL | undefined {
  const url = new URL(target);
  const names =
    url.protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const name = names.find((candidate) => env[candidate]);
  const value = name === undefined ? undefined : env[name];
  if (name === undefined || value === undefined) return undefined;
  if (!mayUseProxy(url, env["NO_PROXY"] || env["no_proxy"] || "")) return undefined;
  const proxy = parseProxyUrl(value);
  if (proxy !== undefined) return proxy;
  throw new ArkError("ARK_USAGE", `the environment variable ${name} holds no URL of a proxy`, {
    advice: `set ${name} to http://host:port, or unset it`,
  });
}

/** Undefined when `text` is not the URL of a proxy; `host:port` counts as `http`. */
export function parseProxyUrl(text: string): URL | undefined {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const full = hasScheme ? text : `http://${text}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  return url.hostname === "" ? undefined : url;
}

/** The proxy for a message: without user and password. */
export function proxyForDisplay(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`;
}

function mayUseProxy(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase();
  const address = parseIpAddress(host);
  if (host === "localhost" || (address !== undefined && isLoopback(address))) return false;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return !noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")
    .some((entry) => entry === "*" || matchesEntry(entry, { host, port, address }));
}

interface Target {
  readonly host: string;
  readonly port: string;
  readonly address: IpAddress | undefined;
}

/** One entry of NO_PROXY: a network, an address, or a domain, the last two with or without port. */
function matchesEntry(entry: string, target: Target): boolean {
  if (entry.includes("/")) {
    return target.address !== undefined && isInNetwork(target.address, entry);
  }
  const { host, port } = splitPort(entry);
  if (port !== undefined && port !== target.port) return false;
  const address = parseIpAddress(host);
  if (address !== undefined) {
    return target.address?.bits === address.bits && target.address.value === address.value;
  }
  const domain = host.startsWith("*.") ? host.slice(1) : host;
  if (domain === "" || domain === ".") return false;
  if (domain.startsWith(".")) return target.host.endsWith(domain);
  return target.host === domain || target.host.endsWith(`.${domain}`);
}

function splitPort(entry: string): { host: string; port: string | undefined } {
  if (parseIpAddress(entry) !== undefined) return { host: entry, port: undefined };
  const match = /^(.*):(\d+)$/.exec(entry);
  return match === null
    ? { host: entry, port: undefined }
    : { host: match[1] ?? "", port: match[2] };
}
