/** The in-memory API server in a process of its own: more objects than a test bed can hold. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface MemoryCluster {
  readonly kubeconfig: string;
  /** Gone when the cluster is stopped. */
  readonly folder: string;
  stop(): void;
}

/** Holds that many ConfigMaps in 100 namespaces; without any it holds no namespace either. */
export async function startMemoryCluster(
  objects: number,
  sizeBytes: number,
): Promise<MemoryCluster> {
  const folder = mkdtempSync(join(tmpdir(), "ark-bench-"));
  const script = join(import.meta.dirname, "memory-server.ts");
  const server = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, String(objects), String(sizeBytes)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const stop = (): void => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, kubeconfigText(await urlOf(server)));
    return { kubeconfig, folder, stop };
  } catch (thrown) {
    stop();
    throw thrown;
  }
}

async function urlOf(server: ChildProcess): Promise<string> {
  const ended = once(server, "exit").then(() => {
    throw new Error("the in-memory API server ended at its start");
  });
  ended.catch(() => undefined);
  const line = once(server.stdout!, "data") as Promise<[Buffer]>;
  const [text] = await Promise.race([line, ended]);
  return text.toString().trim();
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "memory",
    clusters: [{ name: "memory", cluster: { server } }],
    users: [{ name: "memory", user: {} }],
    contexts: [{ name: "memory", context: { cluster: "memory", user: "memory" } }],
  });
}
