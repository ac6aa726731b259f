import { createHash } from "node:crypto";
import type { PluginContext } from "../plugin-sdk/object-store-plugin.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { PodLogs } from "../ports/pod-logs.ts";
import type { ServiceProxy } from "../ports/service-proxy.ts";
import { dataDir } from "./config/config-paths.ts";
import type { NamedLocation } from "./locations.ts";
import type { Session } from "./session.ts";

/**
 * The cluster that the flags and the environment point to; closed with the session.
 * Errors: ARK_KUBECONFIG_INVALID, ARK_CREDENTIAL_PLUGIN.
 */
export async function openCluster(
  session: Session,
): Promise<{ readonly cluster: Cluster & PodLogs & ServiceProxy; readonly context: string }> {
  const { environment, flags } = session.invocation;
  const { openServerAccess } = await import("../adapters/kube/credentials/open-server-access.ts");
  const { connectCluster } = await import("../adapters/kube/connect-cluster.ts");
  const user = flags.text("as");
  const access = await openServerAccess({
    kubeconfig: flags.text("kubeconfig"),
    context: flags.text("context"),
    impersonate: user === undefined ? undefined : { user, groups: flags.list("as-group") ?? [] },
    env: environment.env,
    homeDirectory: environment.home,
    clock: session.clock,
    terminal: environment.terminal,
    onNote: (sentence) => session.note(sentence),
  });
  const cluster = connectCluster(access, session.clock);
  session.closing(() => cluster.close());
  return { cluster, context: access.context };
}

/** Opens the store of a location, with retries and a debug log around it; closed with the session. Errors: ARK_CONFIG_INVALID. */
export async function openStore(session: Session, location: NamedLocation): Promise<ObjectStore> {
  const { hasProvider, openObjectStore } = await import("../../plugins/registry.ts");
  const context: PluginContext = {
    env: session.invocation.environment.env,
    homeDirectory: session.invocation.environment.home,
    clock: session.clock,
    log: session.log,
  };
  const { withLog } = await import("../adapters/store/with-log.ts");
  const { withRetry } = await import("../adapters/store/with-retry.ts");
  const { clock, log } = session;
  const bare = hasProvider(location.spec.provider)
    ? await openObjectStore(location.spec, context)
    : await openForeignStore(session, location);
  const store = withLog(withRetry(bare, { clock, log }), { clock, log });
  session.closing(() => store.close());
  return store;
}

/** The store of a provider that a plugin of Velero's serves. */
async function openForeignStore(session: Session, { spec }: NamedLocation): Promise<ObjectStore> {
  const { openStoreOfFolder } = await import(
    "../adapters/plugin-host/object-store/find-object-store.ts"
  );
  const { pluginFolder, pluginHostOptions } = await import("./plugin-host.ts");
  const options = await pluginHostOptions(session);
  return await openStoreOfFolder(spec, pluginFolder(session), options, session.signal);
}

/**
 * Where runs keep what they need to be continued while the location itself cannot be written to:
 * a folder of its own in the user's data directory. Made by the first write.
 */
export async function openJournalStore(
  session: Session,
  { spec }: NamedLocation,
): Promise<ObjectStore> {
  const { provider, bucket, prefix, config } = spec;
  const place = JSON.stringify([provider, bucket, prefix, config["s3Url"] ?? ""]);
  const folder = createHash("sha256").update(place).digest("hex").slice(0, 16);
  const directory = dataDir(session.invocation.environment);
  const own = { provider: "directory", bucket: directory, config: {} };
  return await openStore(session, {
    name: "journals",
    spec: { ...own, prefix: `metadata/ark-ts/elsewhere/${folder}` },
    display: directory,
    builtIn: false,
  });
}
