import { createHash } from "node:crypto";
import { namespaceKind } from "../../api/namespace-kind.ts";
import { ApiError, type ClusterIdentity } from "../../ports/cluster.ts";
import type { CallContext } from "./call-context.ts";
import type { ServerAccess } from "./credentials/server-access.ts";
import { asRecord, parseDocument, textOf } from "./json-record.ts";
import { getObject } from "./read-object.ts";
import { retrying } from "./retry.ts";

/** What identifies a server when its cluster may not be asked. */
type ServerNames = Pick<ServerAccess, "serverUrl" | "context" | "serverCa">;

/**
 * Who the cluster is: the uid of namespace kube-system, which lives as long as the cluster's etcd
 * does; for a user who may not read it, a digest of the server's CA and URL.
 */
export async function identifyCluster(
  context: CallContext,
  names: ServerNames,
  signal: AbortSignal,
): Promise<ClusterIdentity> {
  const [version, uid] = await Promise.all([
    getVersion(context, signal),
    getSystemUid(context, signal),
  ]);
  const serverSha256 = digestServer(names);
  const id: Pick<ClusterIdentity, "id" | "idSource"> =
    uid === ""
      ? { id: serverSha256, idSource: "server-digest" }
      : { id: uid, idSource: "kube-system-uid" };
  return { ...id, serverSha256, serverUrl: names.serverUrl, context: names.context, ...version };
}

export function digestServer(names: Pick<ServerAccess, "serverUrl" | "serverCa">): string {
  const hash = createHash("sha256");
  return hash
    .update((names.serverCa ?? "").trim())
    .update("\n")
    .update(names.serverUrl)
    .digest("hex");
}

async function getSystemUid(context: CallContext, signal: AbortSignal): Promise<string> {
  const ref = { kind: namespaceKind, namespace: "", name: "kube-system" };
  try {
    return (await getObject(context, ref, signal))?.uid ?? "";
  } catch (error) {
    if (error instanceof ApiError && error.api.status === 403) return "";
    throw error;
  }
}

async function getVersion(context: CallContext, signal: AbortSignal) {
  const path = "/version";
  const intent = { verb: "get", resource: path, namespace: "", name: "" };
  const answer = await retrying({ ...context, signal }, () =>
    context.transport.exchange({ intent, method: "GET", path }, context.callGate, signal),
  );
  const what = `the answer of ${context.transport.serverUrl}${path}`;
  const version = asRecord(parseDocument(answer.bytes, what));
  return {
    gitVersion: textOf(version["gitVersion"]),
    major: textOf(version["major"]),
    minor: textOf(version["minor"]),
  };
}
