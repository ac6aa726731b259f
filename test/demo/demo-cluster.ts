import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiServer } from "../support/api-server/api-server.ts";
import { startControlPlane } from "../testbed/control-plane.ts";
import { whyNoGo } from "../testbed/go-toolchain.ts";

export interface DemoCluster {
  /** One sentence: what the demo runs on. */
  readonly what: string;
  /** Absent: the command finds the user's own. */
  readonly kubeconfig?: string;
  /** False: nobody looks at workloads there. */
  readonly hasControllers: boolean;
  stop(): Promise<void>;
}

/**
 * The user's own cluster when one is named; else a throw-away real control plane; and only where
 * it cannot be built the in-memory API server, which the first line then says. In CI that is an
 * error.
 */
export async function openDemoCluster(
  kubeconfig: string | undefined,
  inCi: boolean,
  onStep: (step: string) => void,
): Promise<DemoCluster> {
  if (kubeconfig !== undefined) {
    const what = `your cluster of ${kubeconfig}`;
    return { what, kubeconfig, hasControllers: true, stop: async () => undefined };
  }
  const noGo = await whyNoGo();
  if (noGo === undefined) {
    const plane = await startControlPlane({ onStep });
    return {
      what: "a real control plane, made for this demo: etcd, kube-apiserver and controllers, on this machine only",
      kubeconfig: plane.kubeconfig,
      hasControllers: true,
      stop: () => plane.stop(),
    };
  }
  if (inCi) throw new Error(`in CI the demo runs on a real control plane: ${noGo}`);
  return await openInMemory(noGo);
}

async function openInMemory(reason: string): Promise<DemoCluster> {
  const server = createApiServer({ namespaceDefaults: true });
  const listener = await server.listen();
  const folder = mkdtempSync(join(tmpdir(), "ark-demo-"));
  const kubeconfig = join(folder, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "in-memory",
    contexts: [{ name: "in-memory", context: { cluster: "in-memory", user: "nobody" } }],
    clusters: [{ name: "in-memory", cluster: { server: listener.url } }],
    users: [{ name: "nobody", user: {} }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    what: `an IN-MEMORY API server, not a real one: ${reason}`,
    kubeconfig,
    hasControllers: false,
    stop: async () => {
      await listener.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
