/** What any process may do with a control plane that somebody started. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { issueCertificate } from "./certificates.ts";
import { readState } from "./instance-folder.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { findProcess } from "./process-group.ts";
import { isRunning, type ProcessMark, signalProcess } from "./process-table.ts";

export type ControlPlaneProcess =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler";

/** What the state file of a control plane holds under `details`. */
export interface ControlPlaneDetails {
  /** `https://127.0.0.1:PORT`, or on the address that a node reaches. */
  readonly server: string;
  /** `http://127.0.0.1:PORT`, without authentication: for tests only. */
  readonly etcdUrl: string;
}

export interface ControlPlaneAccess extends ControlPlaneDetails {
  readonly folder: string;
  /** Path of a kubeconfig with all rights (`system:masters`), context `ark-tb`. */
  readonly kubeconfig: string;
  /** Path of the CA certificate. */
  readonly caFile: string;
  /** The process id; throws if that process does not run. */
  pid(name: ControlPlaneProcess): number;
  /** Sends a signal, for example SIGSTOP and SIGCONT; throws if the process does not run. */
  signal(name: ControlPlaneProcess, signal: NodeJS.Signals): void;
  /** Writes a kubeconfig for a client certificate of that user; RBAC then decides. */
  kubeconfigForUser(user: string, groups?: readonly string[]): string;
  /** Writes a kubeconfig with a bearer token, as of `kubectl create token`. */
  kubeconfigForToken(token: string): string;
  /**
   * Compacts etcd up to now, as the API server itself does every five minutes: older resource
   * versions, and continue tokens made of them, expire. The API server keeps answering them from
   * its snapshots for up to 15 s more, unless it was started with `immediateExpiry`. Not for a
   * control plane that others use. Returns the compacted revision.
   */
  compact(): Promise<number>;
}

async function callEtcd(url: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(`etcd answered ${response.status} to ${path}: ${await response.text()}`);
  }
  return response.json();
}

const toBase64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

async function compactEtcd(url: string): Promise<number> {
  const range = { key: toBase64("/"), limit: 1 };
  const answer = (await callEtcd(url, "/v3/kv/range", range)) as { header: { revision: string } };
  const { revision } = answer.header;
  // By this key the API server learns of compactions, its own and those of others.
  const note = { key: toBase64("compact_rev_key"), value: toBase64(revision) };
  await callEtcd(url, "/v3/kv/put", note);
  await callEtcd(url, "/v3/kv/compaction", { revision, physical: true });
  return Number(revision);
}

let kubeconfigs = 0;

/** Access to the control plane in `folder`, which another process may have started. */
export function openControlPlane(folder: string): ControlPlaneAccess {
  const state = readState(folder);
  if (state?.kind !== "control-plane" || state.details === undefined) {
    throw new Error(`no running control plane is recorded in "${folder}"`);
  }
  const { server, etcdUrl } = state.details as ControlPlaneDetails;
  const caFile = join(folder, "pki", "ca.crt");
  const ca = readFileSync(caFile, "utf8");
  const mark = (name: ControlPlaneProcess): ProcessMark => {
    const found = findProcess(folder, name);
    if (found === undefined || !isRunning(found)) throw new Error(`${name} does not run`);
    return found;
  };
  const nextFile = (): string => {
    kubeconfigs += 1;
    return join(folder, `user-${process.pid}-${kubeconfigs}.kubeconfig`);
  };
  return {
    folder,
    server,
    etcdUrl,
    caFile,
    kubeconfig: join(folder, "admin.kubeconfig"),
    pid: (name) => mark(name).pid,
    signal: (name, signal) => {
      signalProcess(mark(name), signal);
    },
    kubeconfigForUser: (user, groups = []) => {
      const authority = { cert: ca, key: readFileSync(join(folder, "pki", "ca.key"), "utf8") };
      const pair = issueCertificate(authority, {
        commonName: user,
        organizations: groups,
        usage: "client",
      });
      return writeKubeconfig(nextFile(), {
        server,
        ca,
        user,
        identity: { kind: "certificate", pair },
      });
    },
    kubeconfigForToken: (token) =>
      writeKubeconfig(nextFile(), {
        server,
        ca,
        user: "token",
        identity: { kind: "token", token },
      }),
    compact: () => compactEtcd(etcdUrl),
  };
}
