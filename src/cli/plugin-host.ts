import { tmpdir } from "node:os";
import { resolve } from "node:path";
import type { PluginHostOptions } from "../adapters/plugin-host/host-options.ts";
import type { Session } from "./session.ts";

/** `--plugin-dir`, else ARKTS_PLUGIN_DIR of the environment, else that of Velero's server. */
export function pluginFolder({ invocation: { environment, flags } }: Session): string {
  return flags.text("plugin-dir") ?? (environment.env["ARKTS_PLUGIN_DIR"] || "/plugins");
}

/**
 * How this command runs plugins: with its own rights, environment and log. Errors:
 * ARK_KUBECONFIG_INVALID for a typed context that is not there.
 */
export async function pluginHostOptions(session: Session): Promise<PluginHostOptions> {
  const { invocation, clock, log } = session;
  const { env: own, pid } = invocation.environment;
  const veleroNamespace = invocation.flags.text("plugin-config-namespace");
  const kubeconfig = await kubeconfigOf(session);
  // Plugins that ask a cluster ask the one that is meant.
  const env = { ...own, ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }) };
  return { env, veleroNamespace, hostPid: pid, clock, log };
}

const written = new WeakMap<Session, Promise<string | undefined>>();

/** What plugins find in KUBECONFIG; undefined: as in the environment. */
async function kubeconfigOf(session: Session): Promise<string | undefined> {
  const { flags, environment } = session.invocation;
  if (!flags.has("context") && !flags.has("as")) {
    const typed = flags.text("kubeconfig");
    return typed && resolve(environment.cwd, typed);
  }
  const before = written.get(session);
  if (before !== undefined) return await before;
  const writing = writeKubeconfig(session);
  written.set(session, writing);
  return await writing;
}

/** One of this command alone, whose current context is the typed one, and its user who is typed. */
async function writeKubeconfig(session: Session): Promise<string | undefined> {
  const { flags, environment } = session.invocation;
  const { kubeconfigOfContext } = await import(
    "../adapters/kube/credentials/kubeconfig-of-context.ts"
  );
  const user = flags.text("as");
  const text = await kubeconfigOfContext({
    kubeconfig: flags.text("kubeconfig"),
    env: environment.env,
    homeDirectory: environment.home,
    context: flags.text("context"),
    ...(user !== undefined && { impersonate: { user, groups: flags.list("as-group") ?? [] } }),
  });
  if (text === undefined) return undefined;
  const { createCredentialFiles } = await import("../server/credential-files.ts");
  const files = createCredentialFiles(environment.env["TMPDIR"] ?? tmpdir());
  session.closing(() => files.close());
  return await files.put("kubeconfig", Buffer.from(text));
}
