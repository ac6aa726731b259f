/** Services of hashicorp/go-plugin itself, and of Velero's list of plugins. */
import { bytes, int32, message, messages, string } from "../message.ts";
import { serverStream, unary } from "../method.ts";
import { empty } from "./shared-messages.ts";

const stdioData = message({ channel: int32(1), data: bytes(2) });

/** What the plugin prints; must be called once, at once, and read for life. */
export const streamStdio = serverStream("/plugin.GRPCStdio/StreamStdio", empty, stdioData);
export const stdioChannel = { stdout: 1, stderr: 2 } as const;

export const shutdown = unary("/plugin.GRPCController/Shutdown", empty, empty);

export const healthCheck = unary(
  "/grpc.health.v1.Health/Check",
  message({ service: string(1) }),
  message({ status: int32(1) }),
);
export const healthServing = 1;

const pluginIdentifier = message({ command: string(1), kind: string(2), name: string(3) });

export const listPlugins = unary(
  "/generated.PluginLister/ListPlugins",
  empty,
  message({ plugins: messages(1, pluginIdentifier) }),
);
