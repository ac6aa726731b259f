/** Real Velero as a reference: its server runs beside the same API server and MinIO. */
import { readFileSync } from "node:fs";
import type { ControlPlane } from "../test/testbed/control-plane.ts";
import type { Minio } from "../test/testbed/minio.ts";
import { startVelero } from "../test/testbed/velero.ts";

export interface PeerResult {
  readonly ms: number;
  readonly objects: number;
  /** Of the server, since it started. */
  readonly peakRssBytes: number;
}

export interface Peer {
  backUp(name: string, ...flags: readonly string[]): Promise<PeerResult>;
  restore(name: string, ...flags: readonly string[]): Promise<PeerResult>;
  stop(): Promise<void>;
}

interface VeleroResource {
  readonly status: {
    readonly phase: string;
    readonly progress?: {
      readonly itemsBackedUp?: number;
      readonly itemsRestored?: number;
    };
  };
}

export async function startPeer(plane: ControlPlane, minio: Minio, bucket: string): Promise<Peer> {
  const velero = await startVelero(plane, minio, { bucket });
  const peak = (): number => {
    const status = readFileSync(`/proc/${velero.pid()}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  };
  const act = async (
    noun: "backup" | "restore",
    name: string,
    flags: readonly string[],
  ): Promise<PeerResult> => {
    const start = performance.now();
    await velero.ok(noun, "create", name, "--wait", ...flags);
    const ms = performance.now() - start;
    const { status } = JSON.parse(
      await velero.ok(noun, "get", name, "-o", "json"),
    ) as VeleroResource;
    if (status.phase !== "Completed") throw new Error(`Velero's ${noun} ended ${status.phase}`);
    const { itemsBackedUp, itemsRestored } = status.progress ?? {};
    return { ms, objects: itemsBackedUp ?? itemsRestored ?? 0, peakRssBytes: peak() };
  };
  return {
    backUp: (name, ...flags) => act("backup", name, flags),
    restore: (name, ...flags) => act("restore", name, flags),
    stop: () => velero.stop(),
  };
}
