/** Each call of a small run goes wrong in turn, in every way that makes sense for it. */
import type { BackupSpec } from "../../src/api/backup.ts";
import type { HeldBackup } from "./check-backup.ts";
import type { FailpointTally } from "./failpoints.ts";
import {
  type FaultKind,
  type FaultPlan,
  faultInTurn,
  noFaults,
  type Side,
  type TurnOptions,
} from "./faults.ts";
import { createHistory } from "./history.ts";
import { createSimulation, type Engine, type Simulation, telling } from "./simulation.ts";
import { endBackup, tryBackup } from "./tell-backup.ts";
import { beginRestore, endRestore, tryRestore } from "./tell-restore.ts";
import { smallWorld } from "./world.ts";

export interface TurnsOptions {
  readonly engine: Engine;
  readonly tally: FailpointTally;
}

export interface TurnsResult {
  readonly turns: number;
  readonly failures: readonly string[];
}

const spec: BackupSpec = {
  includedResources: [
    "configmaps",
    "widgets.demo.example",
    "pods",
    "customresourcedefinitions.apiextensions.k8s.io",
    "namespaces",
  ],
};

type Stage = "backup" | "restore";

interface Turn extends TurnOptions {
  readonly stage: Stage;
}

/** All turns of one stage. */
export async function takeTurns(stage: Stage, options: TurnsOptions): Promise<TurnsResult> {
  const play = stage === "backup" ? playBackup : await restorePlayer(options);
  const failures: string[] = [];
  const turns = await listTurns(stage, play, options);
  for (const turn of turns) {
    try {
      await takeTurn(turn, play, options);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return { turns: turns.length, failures };
}

type Play = (sim: Simulation, planOf: (sim: Simulation) => FaultPlan) => Promise<unknown>;

async function playBackup(
  sim: Simulation,
  planOf: (sim: Simulation) => FaultPlan,
  namespaces = 2,
): Promise<HeldBackup> {
  const world = smallWorld(sim.random.fork("world"), namespaces);
  const server = sim.createServer();
  const history = await createHistory(server, world.objects);
  const tale = { sim, server, history, name: "b", spec, since: server.revision };
  await tryBackup(tale, planOf(sim));
  return await endBackup(tale);
}

/** All its plays begin with the same backup, which is taken once. */
async function restorePlayer(options: TurnsOptions): Promise<Play> {
  const calm = createSimulation({ ...options, seed: "turns" });
  const { entries } = await playBackup(calm, () => noFaults(calm.random), 1);
  calm.time.stop();
  const files = calm.store.keys().map((key) => ({ key, bytes: calm.store.bytes(key) }));
  const { signal } = new AbortController();
  return async (sim, planOf) => {
    for (const { key, bytes } of files) await sim.store.put(key, bytes, { signal });
    const mapping = { namespaceMapping: { shop: "shop-copy" } };
    const tale = await beginRestore({ sim, backup: "b", spec: mapping, entries });
    await tryRestore(tale, "r", planOf(sim));
    await endRestore(tale);
  };
}

/** From a run without faults: how many calls there are, and what can happen to each. */
async function listTurns(
  stage: Stage,
  play: Play,
  options: TurnsOptions,
): Promise<readonly Turn[]> {
  const possible: Record<Side, (readonly FaultKind[])[]> = { store: [], api: [], exec: [] };
  const watching = (sim: Simulation): FaultPlan => ({
    random: sim.random,
    latencyMs: () => 0,
    decide(site) {
      possible[site.side].push(site.possible);
      return undefined;
    },
  });
  await playThrough("a run without faults", options, (sim) => play(sim, watching));
  const turnsOf = (side: Side): Turn[] =>
    possible[side].flatMap((kinds, at) => {
      const turn = { stage, side, nth: at + 1 };
      const once = kinds.map((kind) => ({ ...turn, kind, lasting: false }));
      return [...once, { ...turn, kind: "fail" as const, lasting: true }];
    });
  return [...turnsOf("store"), ...turnsOf("api"), ...turnsOf("exec")];
}

async function takeTurn(turn: Turn, play: Play, options: TurnsOptions): Promise<void> {
  const { stage, side, nth, kind, lasting } = turn;
  const title = `${stage}: ${kind} at call ${nth} of the ${side}${lasting ? " and all after it" : ""}`;
  const planOf = (sim: Simulation): FaultPlan => faultInTurn(turn, sim.random.fork("turn"));
  await playThrough(title, options, (sim) => play(sim, planOf));
}

async function playThrough(
  title: string,
  options: TurnsOptions,
  play: (sim: Simulation) => Promise<unknown>,
): Promise<void> {
  const sim = createSimulation({ ...options, seed: "turns" });
  await telling(sim, title, async () => void (await play(sim)));
}
