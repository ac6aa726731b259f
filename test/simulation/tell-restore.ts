import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { Finding } from "../../src/api/results.ts";
import type { Log } from "../../src/ports/log.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import type { ApiServer } from "../support/api-server/api-server.ts";
import { checkRestored, readState } from "./check-restore.ts";
import type { FaultPlan } from "./faults.ts";
import { livenessOf, type Outcome, runToEnd, type Simulation } from "./simulation.ts";

export interface RestoreTale {
  readonly sim: Simulation;
  readonly server: ApiServer;
  readonly backup: string;
  readonly spec: RestoreSpec;
  readonly entries: ReadonlyMap<string, string>;
  readonly before: ReadonlySet<string>;
  /** By name of a restore: what was there when it was begun. */
  readonly begun: Map<string, ReadonlySet<string>>;
  /** Names of restores of which no journal tells, or not all. */
  readonly untold: Set<string>;
}

export async function beginRestore(
  tale: Pick<RestoreTale, "sim" | "backup" | "spec" | "entries">,
): Promise<RestoreTale> {
  const server = tale.sim.createServer();
  const before = new Set((await readState(server)).keys());
  return { ...tale, server, before, begun: new Map(), untold: new Set() };
}

export async function tryRestore(
  tale: RestoreTale,
  name: string,
  plan: FaultPlan | undefined,
  seesOthers = true,
): Promise<Outcome<RestoreReport>> {
  const { sim, server } = tale;
  const process = sim.start(server, plan);
  // What this one makes, one of another name that was left open has not made.
  for (const other of tale.begun.keys()) if (other !== name) tale.untold.add(other);
  if (!tale.begun.has(name)) tale.begun.set(name, new Set((await readState(server)).keys()));
  const { cluster, store, clock, signal } = process;
  const request = {
    name,
    isNameGiven: true,
    owner: process.owner,
    spec: { ...tale.spec, backupName: tale.backup },
    typed: false,
  };
  const liveness = livenessOf(sim, seesOthers);
  const log: Log = {
    write(_level, message) {
      if (/cannot be continued|the journal of restore/.test(message)) tale.untold.add(name);
    },
  };
  const ports = { cluster, store, clock, log, liveness };
  const outcome = await runToEnd(sim, process, () => sim.engine.runRestore(request, ports, signal));
  if (outcome.kind === "died" && process.hasTidied) tale.untold.add(name);
  sim.story.push(`restore by process ${process.owner.pid} ${tell(outcome)}`);
  if (outcome.kind !== "report") return outcome;
  const { restore, findings } = outcome.report;
  const { phase, errors } = restore.status;
  if (phase === "Completed") assert.equal(errors ?? 0, 0, "Completed with errors");
  // A restore that had ended before its process died tells its findings in its results only.
  const told = (errors ?? 0) > findings.length ? storedFindings(sim, name) : findings;
  if (phase === "Failed") return outcome;
  const after = await checkRestored(server, tale, told);
  if (tale.untold.has(name)) return outcome;
  const made = [...after.keys()].filter((key) => tale.begun.get(name)?.has(key) === false);
  assert.equal(outcome.report.created, made.length, `${made.length} objects have come`);
  return outcome;
}

/** After all misfortune: what was begun is ended by its own command, and all is there. */
export async function endRestore(tale: RestoreTale): Promise<void> {
  const { sim } = tale;
  for (const name of begunNames(sim)) await tryRestore(tale, name, undefined);
  const outcome = await tryRestore(tale, "last", undefined);
  if (outcome.kind !== "report") throw new Error(`the last restore ${tell(outcome)}`);
  const { restore, findings } = outcome.report;
  const errors = findings.filter((finding) => finding.severity === "error");
  const left = sim.store.keys().filter((key) => key.startsWith("metadata/"));
  assert.deepEqual(left, [], "records of restores are left");
  const unexplained = errors.filter(({ code }) => code !== "ARK_KIND_NOT_SERVED");
  assert.deepEqual(unexplained, [], "a restore without misfortune has errors");
  assert.equal(restore.status.phase, errors.length === 0 ? "Completed" : "PartiallyFailed");
}

const recordsFolder = "metadata/ark-ts/restores/";

function begunNames(sim: Simulation): readonly string[] {
  const keys = sim.store.keys().filter((key) => key.startsWith(recordsFolder));
  return [...new Set(keys.map((key) => key.slice(recordsFolder.length).split("/")[0] ?? ""))];
}

interface StoredResult {
  readonly cluster?: readonly string[];
  readonly velero?: readonly string[];
  readonly namespaces?: Readonly<Record<string, readonly string[]>>;
}

/** Errors in Velero's form: ` resource: /R name: /N message: …`. */
function storedFindings(sim: Simulation, name: string): readonly Finding[] {
  const bytes = sim.store.bytes(`restores/${name}/restore-${name}-results.gz`);
  const { errors } = JSON.parse(gunzipSync(bytes).toString()) as { errors: StoredResult };
  const finding = (message: string, namespace: string): Finding => {
    const { resource = "", name: of = "" } =
      /^(?: resource: \/(?<resource>\S+))?(?: name: \/(?<name>\S+))?/.exec(message)?.groups ?? {};
    return { severity: "error", code: "ARK_UNEXPECTED", message, resource, namespace, name: of };
  };
  return [
    ...[...(errors.cluster ?? []), ...(errors.velero ?? [])].map((text) => finding(text, "")),
    ...Object.entries(errors.namespaces ?? {}).flatMap(([namespace, texts]) =>
      texts.map((text) => finding(text, namespace)),
    ),
  ];
}

function tell(outcome: Outcome<RestoreReport>): string {
  if (outcome.kind === "died") return "died";
  if (outcome.kind === "error") return `failed: ${outcome.error.message}`;
  const { restore, created, skipped, failed } = outcome.report;
  return `ended ${restore.status.phase}: ${created} created, ${skipped} skipped, ${failed} failed`;
}
