import { readFile } from "node:fs/promises";
import type { Agent } from "node:http";
import https from "node:https";
import { getCACertificates } from "node:tls";
import { ArkError, type PluginContext, proxyForUrl } from "../../src/plugin-sdk/object-store.ts";

const http = process.getBuiltinModule("node:http");

/** More calls than this wait for a free socket; catalog reads and parts stay well below. */
const maxSockets = 32;

export interface AgentOptions {
  /** Where most requests go, by which the proxy is chosen. */
  readonly target: string;
  readonly skipTlsVerify?: boolean;
  /** PEM text or the path of a file, beside the system's. */
  readonly caCert?: string | undefined;
}

export interface Agents {
  readonly http: Agent;
  readonly https: https.Agent;
}

/**
 * Keeps connections alive, bounds their number, trusts the given CA, goes through the proxy.
 * Errors: ARK_CONFIG_INVALID for a CA that cannot be read, a proxy that cannot be used.
 */
export async function createAgents(
  { target, skipTlsVerify = false, caCert }: AgentOptions,
  env: PluginContext["env"],
): Promise<Agents> {
  const options = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    ...proxyOption(target, env),
  };
  const ca = await trustedCertificates(caCert);
  return {
    http: new http.Agent(options),
    https: new https.Agent({
      ...options,
      rejectUnauthorized: !skipTlsVerify,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    }),
  };
}

/** Errors: ARK_CONFIG_INVALID when the file cannot be read or holds no certificate. */
export async function trustedCertificates(
  caCert: string | undefined,
): Promise<readonly string[] | undefined> {
  if (caCert === undefined || caCert === "") return undefined;
  const isText = caCert.includes("-----BEGIN");
  const pem = isText ? caCert : await readCaFile(caCert);
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    const source = isText ? "the text" : `the file ${JSON.stringify(caCert)}`;
    throw new ArkError("ARK_CONFIG_INVALID", `caCert: ${source} holds no PEM certificate`);
  }
  return [...getCACertificates("default"), pem];
}

async function readCaFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      `caCert: the file ${JSON.stringify(path)} cannot be read`,
      { answer: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown },
    );
  }
}

/** `proxyEnv` of Node's agents; the choice is made by the rules that the API server's proxy has. */
function proxyOption(
  target: string | URL,
  env: PluginContext["env"],
): { readonly proxyEnv?: NodeJS.ProcessEnv } {
  const proxy = chosenProxy(target, env);
  if (proxy === undefined) return {};
  if (!hasAgentProxies(process.versions.node)) {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      `a proxy is set, and Node ${process.versions.node} cannot use one`,
      { advice: "run with Node 22.21, 24.5 or newer, or list the host in NO_PROXY" },
    );
  }
  return { proxyEnv: { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href } };
}

/** Errors: ARK_CONFIG_INVALID when the environment's proxy is no URL. */
export function chosenProxy(target: string | URL, env: PluginContext["env"]): URL | undefined {
  try {
    return proxyForUrl(target, env);
  } catch (thrown) {
    throw new ArkError("ARK_CONFIG_INVALID", "the proxy of the environment cannot be used", {
      answer: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    });
  }
}

export function hasAgentProxies(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}
