/** Takes the leader away from a server of two replicas, again and again, in three ways in turn. */
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeAccess } from "../../testbed/node/node-access.ts";
import { type ProcessMark, signalProcess } from "../../testbed/process-table.ts";
import { waitFor } from "../../testbed/wait.ts";
import type { SeededRandom } from "../damage/seeded-random.ts";
import type { KubeClient } from "../kube-client.ts";
import { processOfContainer } from "./container-process.ts";
import { podOfHolder } from "./terms.ts";

/** `delete`: its pod, with grace 0. `stop`: SIGSTOP, and SIGCONT after {@link stoppedMs} or more. */
export type LossKind = "delete" | "kill" | "stop";

const kinds: readonly LossKind[] = ["delete", "kill", "stop"];

export const stoppedMs = 15_000;

/** How long each leader leads: from 10 to 20 s, and until runs are under way. */
const gapMs = { least: 10_000, spread: 10_000 };

export interface Loss {
  readonly kind: LossKind;
  /** As in the Lease. */
  readonly holder: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Of `stop`. */
  wokenMs: number | undefined;
}

export interface ChaosPlace {
  readonly node: NodeAccess;
  readonly client: KubeClient;
  /** The server's. */
  readonly namespace: string;
  readonly random: SeededRandom;
  /** Whether the loss of a leader would interrupt something. */
  readonly isWorthwhile: () => boolean;
  readonly say: (sentence: string) => void;
}

interface Leader {
  readonly holder: string;
  readonly process: ProcessMark;
}

/** Until `stop` aborts; then wakes who is stopped. */
export async function loseLeaders(place: ChaosPlace, stop: AbortSignal): Promise<readonly Loss[]> {
  const losses: Loss[] = [];
  const waking: Promise<void>[] = [];
  const asleep = new Set<number>();
  const startMs = Date.now();
  for (let number = 0; ; number += 1) {
    const pauseMs = gapMs.least + place.random.below(gapMs.spread);
    if ((await findLeader(place, asleep, stop)) === undefined) break;
    if (!(await passes(pauseMs, stop))) break;
    await untilWorthwhile(place, stop);
    // On a busy machine another may lead by now.
    const leader = await findLeader(place, asleep, stop);
    if (leader === undefined) break;
    const kind = kinds[number % kinds.length] ?? "kill";
    const loss: Loss = { kind, holder: leader.holder, atMs: Date.now(), wokenMs: undefined };
    losses.push(loss);
    const second = Math.round((loss.atMs - startMs) / 1000);
    place.say(`${second} s: ${kind} ${leader.holder}`);
    if (kind === "stop") waking.push(sleepOnce(place, leader.process, loss, asleep, stop));
    else await remove(place, kind, leader);
  }
  await Promise.all(waking);
  return losses;
}

/** How soon runs are under way again depends on the machine; near the end of all there are none. */
const idleMs = 15_000;

async function untilWorthwhile({ isWorthwhile }: ChaosPlace, stop: AbortSignal): Promise<void> {
  for (let waited = 0; waited < idleMs && !isWorthwhile(); waited += 200) {
    if (!(await passes(200, stop))) return;
  }
}

async function remove({ node, namespace }: ChaosPlace, kind: LossKind, leader: Leader) {
  if (kind === "kill") {
    signalProcess(leader.process, "SIGKILL");
    return;
  }
  const grace = ["--grace-period=0", "--force", "--wait=false", "--ignore-not-found"];
  await node.kubectl("delete", "pod", "-n", namespace, podOfHolder(leader.holder), ...grace);
}

/** On a busy machine the other one may need longer than {@link stoppedMs} to take over. */
const overtakenMs = 60_000;

async function sleepOnce(
  place: ChaosPlace,
  mark: ProcessMark,
  loss: Loss,
  asleep: Set<number>,
  stop: AbortSignal,
): Promise<void> {
  if (!signalProcess(mark, "SIGSTOP")) return;
  asleep.add(mark.pid);
  await passes(stoppedMs, stop);
  const isOvertaken = async () => !["", loss.holder].includes(await holderOf(place));
  const limits = { timeoutMs: overtakenMs, everyMs: 200, signal: stop };
  // Where nobody takes over it has to go on itself: the judgement says whether none ever did.
  await waitFor("another leader", isOvertaken, limits).catch(() => undefined);
  loss.wokenMs = Date.now();
  asleep.delete(mark.pid);
  signalProcess(mark, "SIGCONT");
}

/** False when `stop` aborted before. */
function passes(ms: number, stop: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal: stop }).catch(() => false);
}

/** Who leads and runs. Undefined once `stop` aborts. */
async function findLeader(
  place: ChaosPlace,
  asleep: ReadonlySet<number>,
  stop: AbortSignal,
): Promise<Leader | undefined> {
  const look = async (): Promise<Leader | undefined> => {
    const holder = await holderOf(place);
    const mark = holder === "" ? undefined : await processOf(place, podOfHolder(holder));
    if (mark === undefined || asleep.has(mark.pid)) return undefined;
    return { holder, process: mark };
  };
  const limits = { timeoutMs: 240_000, everyMs: 200, signal: stop };
  return await waitFor("a leader", look, limits).catch((error: unknown) => {
    if (stop.aborted) return undefined;
    throw error;
  });
}

interface Lease {
  readonly spec: { readonly holderIdentity?: string };
}

interface Pod {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly state: { readonly running?: unknown };
    }[];
  };
}

async function holderOf({ client, namespace }: ChaosPlace): Promise<string> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/ark-ts`;
  const lease = JSON.parse((await client.demand("GET", path)).toString()) as Lease;
  return lease.spec.holderIdentity ?? "";
}

async function processOf(
  { client, namespace, node }: ChaosPlace,
  pod: string,
): Promise<ProcessMark | undefined> {
  const body = await client.get(`/api/v1/namespaces/${namespace}/pods/${pod}`);
  if (body === undefined) return undefined;
  const [status] = (JSON.parse(body.toString()) as Pod).status.containerStatuses ?? [];
  if (status?.state.running === undefined || status.containerID === undefined) return undefined;
  return processOfContainer(node.folder, status.containerID.replace(/^.*\/\//, ""));
}
