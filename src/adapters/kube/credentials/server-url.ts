import { ArkError } from "../../../lib/errors.ts";
import type { ClusterEntry } from "./kubeconfig-entries.ts";

/**
 * The base URL of an API server, without a trailing slash. A bare `host:port` counts as https
 * when the cluster says anything about TLS, else as http, as kubectl has it.
 */
export function parseServerUrl(
  cluster: Pick<ClusterEntry, "name" | "server" | "caData" | "caFile" | "skipTlsVerify">,
): string {
  const { server } = cluster;
  const aboutTls = cluster.caData || cluster.caFile || cluster.skipTlsVerify;
  const full = /^[a-z][a-z0-9+.-]*:\//i.test(server)
    ? server
    : `${aboutTls ? "https" : "http"}://${server}`;
  if (!URL.canParse(full)) throw badServer(cluster.name, "it is not a URL");
  const url = new URL(full);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw badServer(cluster.name, `its scheme is "${url.protocol.slice(0, -1)}"`);
  }
  if (url.username !== "" || url.password !== "") {
    throw badServer(cluster.name, "it holds a user name or password");
  }
  if (url.search !== "" || url.hash !== "") throw badServer(cluster.name, "it holds a query");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function badServer(cluster: string, answer: string): ArkError {
  return new ArkError(
    "ARK_KUBECONFIG_INVALID",
    `the server of cluster "${cluster}" cannot be used`,
    { answer, advice: "give it as https://host:port" },
  );
}
