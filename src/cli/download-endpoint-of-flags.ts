import { resolve } from "node:path";
import type { DownloadSettings } from "../server/downloads/download-settings.ts";
import { parseAddress } from "../server/http-endpoint.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

const others = ["public-url", "tls-secret", "tls-cert-file", "tls-key-file"] as const;

/** Undefined: the server hands out no files itself. Errors: ARK_USAGE. */
export function downloadEndpointOfFlags(
  flags: FlagValues,
  cwd: string,
): DownloadSettings | undefined {
  const publicUrl = flags.text("public-url");
  const address = flags.text("download-address") ?? (publicUrl === undefined ? "none" : ":8443");
  if (address === "none") {
    const idle = others.find((name) => flags.has(name));
    if (idle === undefined) return undefined;
    throw usageError(
      `--${idle} has no effect: the server hands out no files itself`,
      "--download-address :8443 says where it is to",
    );
  }
  parseAddress(address, "--download-address");
  return {
    address,
    certificate: certificateOf(flags, cwd),
    ...(publicUrl !== undefined && { publicUrl: publicUrlOf(publicUrl) }),
  };
}

function publicUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.search === "" && url.hash === "" && url.username === "";
  if (url?.protocol === "https:" && isPlain) return text.replace(/\/+$/, "");
  throw usageError(
    `--public-url ${text}: not a URL to begin others with`,
    "write it as https://HOST, with a port and a path where they are needed: https://ark.example.org",
  );
}

function certificateOf(flags: FlagValues, cwd: string): DownloadSettings["certificate"] {
  const [secret, cert, key] = ["tls-secret", "tls-cert-file", "tls-key-file"].map((name) =>
    flags.text(name),
  );
  if (secret !== undefined && (cert !== undefined || key !== undefined)) {
    throw usageError("--tls-secret and --tls-cert-file exclude each other");
  }
  if (secret !== undefined) return { kind: "secret", name: secret };
  if (cert === undefined && key === undefined) return { kind: "own" };
  if (cert !== undefined && key !== undefined) {
    return { kind: "files", certFile: resolve(cwd, cert), keyFile: resolve(cwd, key) };
  }
  throw usageError("--tls-cert-file and --tls-key-file need each other");
}
