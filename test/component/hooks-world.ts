/** Pods that can be frozen, and whole backups over them. */
import assert from "node:assert/strict";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupReport, BackupRequest } from "../../src/backup/backup-run.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { ItemBlockAction } from "../../src/ports/item-block-action.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
} from "../support/api-server/api-server.ts";
import type { ExecCall, ExecSession } from "../support/api-server/exec.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, silentLog } from "../support/take-backup.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";

export const idle = new AbortController().signal;
export const key = (phase: "pre" | "post", name: string) =>
  `${phase}.hook.backup.velero.io/${name}`;
export const freezeAndThaw = {
  [key("pre", "command")]: "freeze",
  [key("post", "command")]: "thaw",
};

export interface PodShape {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly claims?: readonly string[];
  readonly phase?: string;
}

/** Beside `freeze` and `thaw`, which every container knows. */
export type Programs = Readonly<
  Record<string, (call: ExecCall, session: ExecSession) => void | Promise<void>>
>;

export interface HooksWorld {
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  readonly store: ReturnType<typeof createMemoryStore>;
  /** `word pod`, as containers were told to run them. */
  readonly ran: readonly string[];
  readonly frozen: ReadonlySet<string>;
  /** Keys of what is owed. */
  owed(): readonly string[];
  seedPod(name: string, shape?: PodShape): void;
  seedClaim(name: string, labels: Readonly<Record<string, string>>): void;
  request(name: string, spec?: BackupSpec): BackupRequest;
  backUp(
    name?: string,
    spec?: BackupSpec,
    ports?: {
      readonly cluster?: Cluster;
      readonly store?: ObjectStore;
      readonly blockActions?: readonly ItemBlockAction[];
    },
    signal?: AbortSignal,
  ): Promise<BackupReport>;
}

/** Time stands still unless a test moves it. */
export function createHooksWorld(
  programs: Programs = {},
  options: ApiServerOptions = {},
): HooksWorld {
  const clock = createVirtualClock();
  const ran: string[] = [];
  const frozen = new Set<string>();
  const known: Programs = {
    freeze: ({ pod }) => void frozen.add(pod),
    thaw: ({ pod }) => void frozen.delete(pod),
    ...programs,
  };
  const server = createApiServer({
    ...options,
    clock,
    async containers(call, session) {
      const [word = ""] = call.command;
      ran.push(`${word} ${call.pod}`);
      const program = known[word];
      if (program === undefined) return session.fail(`exec: "${word}": executable file not found`);
      await program(call, session);
    },
  });
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore();
  const request: HooksWorld["request"] = (name, spec = {}) => ({
    ...backupRequest(name, { includedNamespaces: ["shop"], ...spec }),
    owner: { host: "test", bootId: "test", pid: 1 },
    limits: { memberBytes: 600, partBytes: 400 },
  });
  const metadata = { name: "shop" };
  server.seed({ apiVersion: "v1", kind: "Namespace", metadata, status: { phase: "Active" } });
  return {
    server,
    cluster,
    clock,
    store,
    ran,
    frozen,
    owed: () => store.keys().filter((one) => one.includes("/thaw-")),
    seedPod(name, { annotations = {}, labels = {}, claims = [], phase = "Running" } = {}) {
      server.seed({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "shop", annotations, labels },
        spec: {
          containers: [{ name: "main" }, { name: "side" }],
          volumes: claims.map((claimName) => ({
            name: claimName,
            persistentVolumeClaim: { claimName },
          })),
        },
        status: { phase },
      });
    },
    seedClaim(name, labels) {
      server.seed({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, namespace: "shop", labels },
        spec: { accessModes: ["ReadWriteOnce"] },
        status: { phase: "Bound" },
      });
    },
    request,
    backUp: (name = "b1", spec = {}, ports = {}, signal = idle) =>
      runBackup(
        request(name, spec),
        { cluster, store, ...ports, clock, log: silentLog, liveness: () => "gone" },
        signal,
      ),
  };
}

/** Messages of the findings, with their codes. */
export function told(report: BackupReport): readonly string[] {
  return report.findings.map(({ code, message }) => `${code} ${message}`);
}

export function assertNothingLeft(world: HooksWorld): void {
  assert.deepEqual([...world.frozen], []);
  assert.deepEqual(world.owed(), []);
}
