/** Claims that an item action copies outside, in operations that take their time. */
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupPorts, BackupReport, BackupRequest } from "../../src/backup/backup-run.ts";
import { builtInActions } from "../../src/backup/item-actions/built-in-actions.ts";
import { runBackup } from "../../src/backup/run-backup.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { ItemAction } from "../../src/ports/item-action.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { kindOf } from "../support/kinds.ts";
import { silentLog } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { createHooksWorld, type HooksWorld, idle } from "./hooks-world.ts";

export const claims = kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim" });
export const configMaps = kindOf("configmaps", { kind: "ConfigMap" });

export interface CopierOptions {
  /** Polls that find a copy under way, of all claims or of each. Default 1. */
  readonly polls?: number | ((claim: string) => number);
  /** What becomes of the copy of a claim; default: it ends well. */
  readonly fate?: (claim: string) => "ends" | "fails" | "never" | "unknown";
  /** Without it an operation that died with its process is lost. Default true. */
  readonly finds?: boolean;
  /** What is read again when a claim was copied. */
  readonly updates?: (claim: string) => readonly { resource: string; name: string }[];
}

export interface OperationsWorld extends HooksWorld {
  readonly action: ItemAction;
  /** Claims of which a copy was begun, each time. */
  readonly begun: readonly string[];
  readonly cancelled: readonly string[];
  /** Copies that neither ended nor were cancelled. */
  readonly running: () => readonly string[];
  copyUp(options?: {
    readonly name?: string;
    readonly spec?: BackupSpec;
    readonly cluster?: Cluster;
    readonly store?: ObjectStore;
    readonly actions?: readonly ItemAction[];
    readonly onPhase?: NonNullable<BackupPorts["onPhase"]>;
    readonly limits?: BackupRequest["limits"];
    readonly signal?: AbortSignal;
    /** Resolves when the process has died: it wakes no more. */
    readonly died?: Promise<unknown>;
  }): Promise<BackupReport>;
}

/** Beside each claim `x` the action makes a ConfigMap `copy-of-x`, which tells how it goes. */
export function createOperationsWorld(options: CopierOptions = {}): OperationsWorld {
  const world = createHooksWorld();
  const clock = createVirtualClock({ jump: true, watchFromMs: 60_000 });
  const { polls = 1, fate = () => "ends", finds = true } = options;
  const updates =
    options.updates ??
    ((claim) => [
      { resource: "configmaps", name: `copy-of-${claim}` },
      { resource: "persistentvolumeclaims", name: claim },
    ]);
  const begun: string[] = [];
  const cancelled: string[] = [];
  const copies = new Map<string, { readonly claim: string; left: number; state: string }>();
  const resultOf = (claim: string) => ({
    additionalItems: [],
    operationId: `copy-${claim}`,
    itemsToUpdate: updates(claim).map((one) => ({ ...one, namespace: "shop" })),
  });
  const mark = async (kind: typeof claims, name: string, state: string): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ metadata: { annotations: { state } } }));
    await world.cluster.patch({ kind, namespace: "shop", name }, "merge", body, { signal: idle });
  };
  const action: ItemAction = {
    name: "example.io/copy",
    appliesTo: { includedResources: ["persistentvolumeclaims"] },
    async execute({ object }, { phase }) {
      if (phase !== "InProgress") return { additionalItems: [] };
      const { name, namespace } = object;
      begun.push(name);
      const left = typeof polls === "number" ? polls : polls(name);
      copies.set(`copy-${name}`, { claim: name, left, state: "running" });
      const metadata = { name: `copy-of-${name}`, namespace, annotations: { state: "running" } };
      world.server.seed({ apiVersion: "v1", kind: "ConfigMap", metadata });
      return resultOf(name);
    },
    operations: {
      async progress(id) {
        const copy = copies.get(id);
        if (copy === undefined) throw new Error(`no copy ${id}`);
        const end = fate(copy.claim);
        if (end === "unknown") throw new Error("the copier does not answer");
        if (copy.left > 0 || end === "never") copy.left -= 1;
        else if (copy.state === "running") {
          copy.state = end;
          await mark(configMaps, `copy-of-${copy.claim}`, end);
          await mark(claims, copy.claim, end);
        }
        const completed = copy.state !== "running";
        return {
          completed,
          error: copy.state === "fails" ? "disk on fire" : "",
          unitsCompleted: completed ? 7 : 3,
          unitsTotal: 7,
          units: "Bytes",
          description: "copying",
          startedAt: "2026-01-01T00:00:00Z",
        };
      },
      async cancel(id) {
        const copy = copies.get(id);
        cancelled.push(copy?.claim ?? "");
        if (copy?.state === "running") copy.state = "cancelled";
      },
      ...(finds
        ? {
            find: async ({ object }) =>
              copies.has(`copy-${object.name}`) ? resultOf(object.name) : undefined,
          }
        : {}),
    },
  };
  return {
    ...world,
    action,
    begun,
    cancelled,
    running: () => [...copies.values()].flatMap((c) => (c.state === "running" ? [c.claim] : [])),
    copyUp: ({ name = "b1", spec = {}, limits = {}, signal = idle, died, ...ports } = {}) =>
      runBackup(
        { ...world.request(name, spec), limits },
        {
          ...{ cluster: world.cluster, store: world.store, actions: [...builtInActions, action] },
          ...ports,
          ...{ clock: mortalClock(clock, died), log: silentLog, liveness: () => "gone" },
        },
        signal,
      ),
  };
}

function mortalClock(clock: Clock, died: Promise<unknown> | undefined): Clock {
  let isDead = false;
  died?.then(() => {
    isDead = true;
  });
  return {
    ...clock,
    async sleep(ms, signal) {
      await clock.sleep(ms, signal);
      if (isDead) await new Promise(() => undefined);
    },
  };
}
