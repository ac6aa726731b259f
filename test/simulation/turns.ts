/** Each call of a small run goes wrong in turn, in every way that makes sense for it. */
import type { BackupSpec } from "../../src/api/backup.ts";
import type { FailpointTally } from "./failpoints.ts";
import {
  type FaultKind,
  type FaultPlan,
  faultInTurn,
  type Side,
  type TurnOptions,
} from "./faults.ts";
import { createHistory } from "./history.ts";
import { createSimulation, type Engine, type Simulation, telling } from "./simulation.ts";
import { type BackupTale, endBackup, tryBackup } from "./tell-backup.ts";
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
  const failures: string[] = [];
  const turns = await listTurns(stage, options);
  for (const turn of turns) {
    try {
      await takeTurn(turn, options);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  return { turns: turns.length, failures };
}

/** From a run without faults: how many calls there are, and what can happen to each. */
async function listTurns(stage: Stage, options: TurnsOptions): Promise<readonly Turn[]> {
  const possible: Record<Side, (readonly FaultKind[])[]> = { store: [], api: [] };
  const watching = (sim: Simulation): FaultPlan => ({
    random: sim.random,
    latencyMs: () => 0,
    decide(site) {
      possible[site.side].push(site.possible);
      return undefined;
    },
  });
  await play(stage, options, "a run without faults", watching);
  const turnsOf = (side: Side): Turn[] =>
    possible[side].flatMap((kinds, at) => {
      const turn = { stage, side, nth: at + 1 };
      const once = kinds.map((kind) => ({ ...turn, kind, lasting: false }));
      return [...once, { ...turn, kind: "fail" as const, lasting: true }];
    });
  return [...turnsOf("store"), ...turnsOf("api")];
}

async function takeTurn(turn: Turn, options: TurnsOptions): Promise<void> {
  const { stage, side, nth, kind, lasting } = turn;
  const title = `${stage}: ${kind} at call ${nth} of the ${side}${lasting ? " and all after it" : ""}`;
  await play(stage, options, title, (sim) => faultInTurn(turn, sim.random.fork("turn")));
}

async function play(
  stage: Stage,
  options: TurnsOptions,
  title: string,
  planOf: (sim: Simulation) => FaultPlan,
): Promise<void> {
  const sim = createSimulation({ ...options, seed: "turns" });
  await telling(sim, title, async () => {
    const tale = await beginBackup(sim);
    if (stage === "backup") await tryBackup(tale, planOf(sim));
    const { entries } = await endBackup(tale);
    if (stage === "backup") return;
    const restore = await beginRestore({
      sim,
      backup: "b",
      spec: { namespaceMapping: { shop: "shop-copy" } },
      entries,
    });
    await tryRestore(restore, "r", planOf(sim));
    await endRestore(restore);
  });
}

async function beginBackup(sim: Simulation): Promise<BackupTale> {
  const world = smallWorld(sim.random.fork("world"));
  const server = sim.createServer();
  const history = await createHistory(server, world.objects);
  return { sim, server, history, name: "b", spec, since: server.revision };
}
