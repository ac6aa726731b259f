/** A seed's whole life: a cluster, a backup under misfortune, and a restore under more of it. */

import type { StoreCapabilities } from "../../src/ports/object-store.ts";
import { drawBackupSpec, drawRestoreSpec } from "./drawn-spec.ts";
import type { FailpointTally } from "./failpoints.ts";
import type { FaultKind } from "./faults.ts";
import { type FaultPlan, faultInTurn, storm } from "./faults.ts";
import { execFaults } from "./faulty-exec.ts";
import { createHistory, type History } from "./history.ts";
import { createRandom, type Random } from "./random.ts";
import {
  createSimulation,
  type Engine,
  type Outcome,
  type Simulation,
  telling,
} from "./simulation.ts";
import { type BackupTale, endBackup, tryBackup, tryTwice } from "./tell-backup.ts";
import { beginRestore, endRestore, tryRestore } from "./tell-restore.ts";
import { drawObject, drawWorld, type World, worldKinds } from "./world.ts";

const allFaults: readonly FaultKind[] = [
  "fail",
  "lost",
  "refuse",
  "throttle",
  "hang",
  "stall",
  "cut",
  "corrupt",
  "kill before",
  "kill after",
];

const corrupting: readonly FaultKind[] = ["corrupt", "kill after"];

export interface LifeOptions {
  readonly engine: Engine;
  readonly tally: FailpointTally;
}

/** Answers the story; throws what was found, with the story so far in its message. */
export async function liveThrough(seed: number, options: LifeOptions): Promise<readonly string[]> {
  const capabilities = drawCapabilities(createRandom(`${seed}/store`));
  const sim = createSimulation({ ...options, seed, capabilities });
  sim.story.push(`a store with ${JSON.stringify(capabilities)}`);
  return await telling(sim, `seed ${seed}`, () => live(sim));
}

/** What the store cannot do, or wants. */
function drawCapabilities(random: Random): Partial<StoreCapabilities> {
  return {
    ...(random.chance(0.15) ? { conditionalPut: false } : {}),
    ...(random.chance(0.1) ? { multipart: false } : {}),
    ...(random.chance(0.1) ? { rangeReads: false } : {}),
    ...(random.chance(0.1) ? { equalParts: true } : {}),
  };
}

async function live(sim: Simulation): Promise<void> {
  const random = sim.random.fork("life");
  const world = drawWorld(random.fork("world"));
  const spec = drawBackupSpec(random.fork("spec"), world);
  sim.story.push(`${world.objects.length} objects, ${JSON.stringify(spec)}`);
  const server = sim.createServer();
  const history = await createHistory(server, world.objects);
  const tale = { sim, server, history, name: "b", spec, since: server.revision };
  const writer = new AbortController();
  const writing = random.chance(0.4) ? write(sim, world, history, writer.signal) : undefined;
  const hasPods = world.objects.some(({ resource }) => resource === "pods");
  await sufferBackup(tale, hasPods && (await sufferHooks(tale)) ? 1 : 0);
  const { entries } = await endBackup(tale);
  writer.abort();
  await writing;
  await sufferRestore(sim, entries);
}

/** Few runs get as far as their hooks in a storm. Answers whether one was tried. */
async function sufferHooks(tale: BackupTale): Promise<boolean> {
  const random = tale.sim.random.fork("hooks");
  if (random.chance(0.4)) return false;
  const kind = random.pick([...execFaults, "kill after"] as const);
  const turn = { side: "exec", nth: 1 + random.int(3), kind, lasting: random.chance(0.2) } as const;
  await tryBackup(tale, faultInTurn(turn, random.fork("turn")), random.chance(0.7));
  return true;
}

async function sufferBackup(tale: BackupTale, before: number): Promise<void> {
  const { sim, server } = tale;
  const random = sim.random.fork("backup");
  for (let left = random.int(4) - before; left > 0; left -= 1) {
    const sees = random.chance(0.7);
    const plan = (): FaultPlan | undefined => {
      if (random.chance(0.1)) return undefined;
      const kinds = random.chance(0.15) ? corrupting : allFaults;
      return storm(random.fork(`storm ${left} ${random.next()}`), kinds);
    };
    if (random.chance(0.25)) {
      const stall = drawStall(random);
      await tryTwice(tale, [stall ?? plan(), plan()], stall === undefined && sees);
    } else await tryBackup(tale, plan(), sees);
    if (random.chance(0.3)) await sim.idle(random.int(30 * 60_000));
    if (random.chance(0.2)) {
      sim.story.push("the API server compacts");
      server.compact();
    }
    if (!random.chance(0.1)) continue;
    for (const id of sim.store.openUploads()) {
      sim.story.push("the store drops an upload");
      sim.store.dropUpload(id);
    }
  }
}

/** A process that stands still for so long that others take it for dead. */
function drawStall(random: Random): FaultPlan | undefined {
  if (random.chance(0.5)) return undefined;
  const nth = 1 + random.int(60);
  const turn = { side: "store", nth, kind: "stall", lasting: false } as const;
  return faultInTurn(turn, random.fork(`stall ${random.next()}`));
}

async function sufferRestore(sim: Simulation, entries: ReadonlyMap<string, string>): Promise<void> {
  const random = sim.random.fork("restore");
  const spec = drawRestoreSpec(random, namespacesOf(entries));
  sim.story.push(`restore of ${entries.size} objects, ${JSON.stringify(spec)}`);
  const tale = await beginRestore({ sim, backup: "b", spec, entries });
  const attempts = random.int(3);
  const kinds = allFaults.filter((kind) => kind !== "corrupt");
  let name = "r0";
  for (let at = 1; at <= attempts; at += 1) {
    const plan = storm(random.fork(`storm ${at}`), kinds);
    const outcome = await tryRestore(tale, name, plan, random.chance(0.7));
    // What has ended has its name for good; what has not is continued by the same command.
    const hasEnded = outcome.kind === "report" || codeOf(outcome) === "ARK_NAME_TAKEN";
    if (hasEnded) name = `r${at}`;
  }
  await endRestore(tale);
}

function namespacesOf(entries: ReadonlyMap<string, string>): readonly string[] {
  const names = [...entries.keys()].map(
    (key) => key.slice(key.indexOf(" ") + 1).split("/")[0] ?? "",
  );
  return [...new Set(names)].filter((name) => name !== "").sort();
}

function codeOf(outcome: Outcome<unknown>): string | undefined {
  return outcome.kind === "error" ? outcome.error.code : undefined;
}

/** Somebody works in the cluster meanwhile, and etcd forgets. */
async function write(
  sim: Simulation,
  world: World,
  history: History,
  signal: AbortSignal,
): Promise<void> {
  const random = sim.random.fork("writer");
  const paceMs = random.pick([200, 2_000, 20_000]);
  const kinds = worldKinds.filter((kind) =>
    world.objects.some((object) => object.resource === kind.resource),
  );
  for (;;) {
    try {
      await sim.time.sleep(1 + random.int(paceMs), signal);
    } catch {
      return;
    }
    const action = random.pick(["put", "put", "put", "remove", "compact"]);
    if (action === "compact") history.server.compact();
    else if (action === "remove") {
      const object = random.pick(world.objects);
      const isOurs = kinds.some((kind) => kind.resource === object.resource);
      if (isOurs) await history.remove(object);
    } else {
      const kind = random.pick(kinds);
      const namespace = kind.namespaced ? random.pick(world.namespaces) : "";
      const name = random.pick(["a", "c", "new", "zz-9"]);
      await history.put(drawObject(kind, { namespace, name }, random, world.namespaces));
    }
  }
}
