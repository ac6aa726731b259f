import { ArkError } from "../../../lib/errors.ts";
import type { ClusterEntry, ExecEntry, InteractiveMode } from "./kubeconfig-entries.ts";

const group = "client.authentication.k8s.io/";
const versions = [`${group}v1`, `${group}v1beta1`];
const modes: readonly string[] = ["Never", "IfAvailable", "Always"] satisfies InteractiveMode[];

/**
 * Checks an exec section by kubectl's rules and decides whether the plugin may talk to the user.
 * Throws ARK_KUBECONFIG_INVALID, or ARK_CREDENTIAL_PLUGIN when it needs a terminal and has none.
 */
export function decideInteractive(exec: ExecEntry, user: string, hasTerminal: boolean): boolean {
  const where = `the exec section of user "${user}"`;
  if (exec.command === "") throw invalidExec(`${where} names no command`, "add `command`");
  if (!versions.includes(exec.apiVersion)) {
    throw invalidExec(
      `${where} has apiVersion "${exec.apiVersion}", which no longer exists`,
      `update the plugin and set apiVersion to ${versions.join(" or ")}`,
    );
  }
  const mode = exec.interactiveMode ?? (exec.apiVersion === versions[1] ? "IfAvailable" : "");
  if (!modes.includes(mode)) {
    throw invalidExec(
      mode === "" ? `${where} has no interactiveMode` : `${where} has interactiveMode "${mode}"`,
      `set interactiveMode to ${modes.join(", ")}`,
    );
  }
  if (mode === "Always" && !hasTerminal) {
    throw new ArkError(
      "ARK_CREDENTIAL_PLUGIN",
      `credential plugin "${exec.command}" needs a terminal, and there is none`,
      {
        tried: `run "${exec.command}" for user "${user}" (interactiveMode Always)`,
        advice: "run this in a terminal, or use a context whose credentials need no dialogue",
      },
    );
  }
  return mode !== "Never" && hasTerminal;
}

/** What a plugin is told in KUBERNETES_EXEC_INFO. `caData` is base64 of PEM, as on the wire. */
export function execInfo(
  exec: ExecEntry,
  interactive: boolean,
  cluster: ClusterEntry,
  caData: string | undefined,
): string {
  const told = {
    server: cluster.server,
    ...(cluster.tlsServerName && { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.skipTlsVerify && { "insecure-skip-tls-verify": true }),
    ...(caData && { "certificate-authority-data": caData }),
    ...(cluster.proxyUrl && { "proxy-url": cluster.proxyUrl }),
    ...(cluster.disableCompression && { "disable-compression": true }),
    ...(cluster.execConfig !== undefined && { config: cluster.execConfig }),
  };
  const spec = { ...(exec.provideClusterInfo && { cluster: told }), interactive };
  return JSON.stringify({ kind: "ExecCredential", apiVersion: exec.apiVersion, spec });
}

function invalidExec(message: string, advice: string): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", message, { advice });
}
