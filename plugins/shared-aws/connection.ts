import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { type AgentOptions, createAgents } from "../shared-connection/agents.ts";

export interface Timeouts {
  readonly connectMs: number;
  /** Without a byte in either direction, before an answer. */
  readonly silenceMs: number;
  /** The same within the body of an answer. */
  readonly bodySilenceMs: number;
}

/** Stores may be silent for a minute while they put many parts together. */
export const defaultTimeouts: Timeouts = {
  connectMs: 10_000,
  silenceMs: 120_000,
  bodySilenceMs: 120_000,
};

/** Connections as those of every plugin; without a `caCert` that of AWS_CA_BUNDLE is trusted. */
export async function createRequestHandler(
  options: AgentOptions,
  env: PluginContext["env"],
  { connectMs, silenceMs }: Timeouts,
): Promise<NodeHttpHandler> {
  const { http, https } = await createAgents(
    { ...options, caCert: options.caCert ?? env["AWS_CA_BUNDLE"] },
    env,
  );
  return new NodeHttpHandler({
    httpAgent: http,
    httpsAgent: https,
    connectionTimeout: connectMs,
    socketTimeout: silenceMs,
  });
}
