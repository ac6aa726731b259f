import { access, readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";

/** Where the kubelet mounts the token, the authority and the namespace of a pod. */
export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface PodIdentity {
  readonly serverUrl: string;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly namespace: string;
}

/** What a pod is given to reach its API server; undefined when this is no pod with an account. */
export async function readPodIdentity(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<PodIdentity | undefined> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  const tokenFile = join(folder, "token");
  if (!host || !port || !(await exists(tokenFile))) return undefined;
  return {
    serverUrl: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    tokenFile,
    caFile: join(folder, "ca.crt"),
    namespace: await readNamespace(join(folder, "namespace")),
  };
}

async function readNamespace(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim() || "default";
  } catch {
    return "default";
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
