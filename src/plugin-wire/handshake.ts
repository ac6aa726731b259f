import { ArkError } from "../lib/errors.ts";

/** What a plugin must find in its environment, else it refuses to run. */
export const magicCookie = { name: "VELERO_PLUGIN", value: "hello" } as const;
/** Of go-plugin itself, and of Velero's plugins in all its versions. */
const coreVersion = 1;
export const appVersion = 2;

export interface Handshake {
  /** A target of gRPC: `unix:/path` or `127.0.0.1:4711`. */
  readonly target: string;
}

/**
 * The first line of a plugin's stdout: `1|2|unix|/path|grpc|`, with two more fields at most.
 * Errors: ARK_PLUGIN_START, with the line.
 */
export function parseHandshake(line: string): Handshake {
  const text = line.trim();
  const [core = "", app = "", network = "", address = "", protocol = ""] = text.split("|");
  if (text.split("|").length < 4 || !/^\d+$/.test(core)) {
    throw refused(text, "its first line on stdout is not that of a Velero plugin", {
      advice: "something in it prints to stdout before the plugin starts; or it is another program",
    });
  }
  if (Number(core) !== coreVersion) throw refused(text, `it speaks version ${core} of go-plugin`);
  if (Number(app) !== appVersion) {
    throw refused(text, `it speaks version ${app} of Velero's plugin protocol, not ${appVersion}`);
  }
  if (protocol !== "grpc") {
    throw refused(text, `it speaks ${protocol === "" ? "net/rpc" : protocol}, not gRPC`);
  }
  if (network === "unix") return { target: `unix:${address}` };
  if (network === "tcp") return { target: address };
  throw refused(text, `it listens on a network of kind ${JSON.stringify(network)}`);
}

export function formatHandshake(socketPath: string): string {
  return `${coreVersion}|${appVersion}|unix|${socketPath}|grpc|\n`;
}

function refused(line: string, fault: string, story: { advice?: string } = {}): ArkError {
  const shown = line.length > 300 ? `${line.slice(0, 300)}…` : line;
  return new ArkError("ARK_PLUGIN_START", fault, { ...story, answer: JSON.stringify(shown) });
}
