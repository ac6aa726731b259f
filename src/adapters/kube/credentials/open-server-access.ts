import { ArkError } from "../../../lib/errors.ts";
import type { AccessOptions } from "./access-options.ts";
import { cachedFor } from "./cached-for.ts";
import { chooseCredentials } from "./credential-choice.ts";
import { type CredentialSource, fixedSource } from "./credential-source.ts";
import { createDispatcher } from "./dispatcher.ts";
import { chooseImpersonation, impersonationHeaders } from "./impersonation.ts";
import { readPodIdentity, serviceAccountFolder } from "./in-cluster.ts";
import type { Connection } from "./kubeconfig-entries.ts";
import { chooseKubeconfigFiles, readKubeconfigFiles } from "./kubeconfig-files.ts";
import { chooseProxy } from "./proxy-choice.ts";
import { rotatingDispatcher } from "./rotating-dispatcher.ts";
import { selectConnection } from "./select-connection.ts";
import type { ServerAccess } from "./server-access.ts";
import { parseServerUrl } from "./server-url.ts";
import { sharedRefresh } from "./shared-refresh.ts";
import { readTlsMaterial } from "./tls-material.ts";

/** Certificate files are looked at as often as token files. */
const tlsFilesTtlMs = 60_000;

/**
 * Finds the cluster as kubectl does (flag, KUBECONFIG, ~/.kube/config, the pod's service account)
 * and checks all that can be checked without a request; a credential plugin runs when first
 * needed. Throws ARK_KUBECONFIG_INVALID or ARK_CREDENTIAL_PLUGIN. Close it after use.
 */
export async function openServerAccess(options: AccessOptions): Promise<ServerAccess> {
  return openConnection(await findConnection(options), options);
}

async function findConnection(options: AccessOptions): Promise<Connection> {
  const choice = chooseKubeconfigFiles(options);
  const files = await readKubeconfigFiles(choice);
  if (files.length > 0) {
    const { loadKubeconfig } = await import("./load-kubeconfig.ts");
    const kubeconfig = await loadKubeconfig(files);
    const isEmpty = kubeconfig.contextNames.length === 0 && kubeconfig.currentContext === "";
    if (!isEmpty || choice.origin === "flag") return selectConnection(kubeconfig, options.context);
  }
  const connection = await findPodConnection(options);
  if (connection === undefined) throw noCluster(choice.paths);
  if (options.context) {
    const message = `there is no context "${options.context}": the pod's service account is used`;
    throw new ArkError("ARK_KUBECONFIG_INVALID", message, {
      advice: "leave --context out, or name a kubeconfig with --kubeconfig",
    });
  }
  return connection;
}

async function findPodConnection(options: AccessOptions): Promise<Connection | undefined> {
  const folder = options.serviceAccountFolder ?? serviceAccountFolder;
  const pod = await readPodIdentity(options.env, folder);
  if (pod === undefined) return undefined;
  const name = "in-cluster";
  return {
    context: { name: "", cluster: name, user: name, namespace: pod.namespace },
    cluster: {
      name,
      server: pod.serverUrl,
      caFile: pod.caFile,
      skipTlsVerify: false,
      disableCompression: false,
    },
    user: { name, tokenFile: pod.tokenFile, impersonate: {} },
  };
}

async function openConnection(
  connection: Connection,
  options: AccessOptions,
): Promise<ServerAccess> {
  const { context, cluster, user } = connection;
  const serverUrl = parseServerUrl(cluster);
  const proxy = chooseProxy(cluster, serverUrl, options.env);
  const impersonation = impersonationHeaders(
    chooseImpersonation(options.impersonate, user.impersonate),
  );
  const files = cachedFor(options.clock, tlsFilesTtlMs, () => readTlsMaterial(cluster, user));
  const { ca } = await files.get();
  const source = serverUrl.startsWith("https:")
    ? chooseCredentials(connection, ca, options)
    : withholdCredentials(serverUrl, options);
  // What can be told now should not wait until the first request; a plugin may ask the user.
  if (user.exec === undefined) await source.current();

  const dispatchers = rotatingDispatcher((tls) =>
    createDispatcher({
      tls,
      serverName: cluster.tlsServerName,
      skipTlsVerify: cluster.skipTlsVerify,
      proxy,
    }),
  );
  return {
    serverUrl,
    context: context.name,
    defaultNamespace: context.namespace || "default",
    serverCa: ca,
    dispatcher: async () => {
      const [tls, { certificate }] = await Promise.all([files.get(), source.current()]);
      return dispatchers.use(tls.cert === undefined ? { ...tls, ...certificate } : tls);
    },
    headers: async () => {
      const { authorization } = await source.current();
      return { ...(authorization !== undefined && { authorization }), ...impersonation };
    },
    refresh: sharedRefresh(options.clock, async () => {
      const before = await files.get();
      const [newer, after] = await Promise.all([source.refresh(), files.reload()]);
      return newer || before.cert !== after.cert || before.key !== after.key;
    }),
    close: async () => {
      source.close();
      await dispatchers.close();
    },
  };
}

/** Over plain HTTP anybody on the way could read them; kubectl does not send them either. */
function withholdCredentials(serverUrl: string, options: AccessOptions): CredentialSource {
  options.onNote?.(
    `${serverUrl} is plain HTTP: no credentials are sent, and anybody can read along`,
  );
  return fixedSource({});
}

function noCluster(paths: readonly string[]): ArkError {
  const looked = paths.map((path) => `"${path}"`).join(", ");
  return new ArkError(
    "ARK_KUBECONFIG_INVALID",
    "no cluster configured: there is no kubeconfig, and this is no pod with a service account",
    {
      tried: `looked for ${looked} and a service account`,
      advice: "name a kubeconfig with --kubeconfig or KUBECONFIG, or put it at ~/.kube/config",
    },
  );
}
