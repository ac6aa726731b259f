import assert from "node:assert/strict";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupReport } from "../../src/backup/backup-run.ts";
import { payThaw } from "../../src/backup/hooks/pay-thaws.ts";
import { listThaws } from "../../src/catalog/thaw-records.ts";
import type { ApiServer } from "../support/api-server/api-server.ts";
import { checkBackup, type HeldBackup, sealOf } from "./check-backup.ts";
import type { FaultPlan } from "./faults.ts";
import type { History } from "./history.ts";
import type { SimProcess } from "./process.ts";
import { backUp, type Outcome, type Simulation } from "./simulation.ts";

/** One backup's name, from the first process that tries to the one that has it. */
export interface BackupTale {
  readonly sim: Simulation;
  readonly server: ApiServer;
  readonly history: History;
  readonly name: string;
  readonly spec: BackupSpec;
  /** The revision at which the first process began. */
  readonly since: number;
}

/** Runs the command once, and checks what can be said whatever has become of it. */
export async function tryBackup(
  tale: BackupTale,
  plan: FaultPlan | undefined,
  seesOthers = true,
): Promise<Outcome<BackupReport>> {
  const process = tale.sim.start(tale.server, plan);
  return await follow(tale, process, backUp(tale.sim, process, { ...tale, seesOthers }));
}

/** Two at once: whatever becomes of them, one seals at most. */
export async function tryTwice(
  tale: BackupTale,
  plans: readonly [FaultPlan | undefined, FaultPlan | undefined],
  seesOthers: boolean,
): Promise<void> {
  const processes = plans.map((plan) => tale.sim.start(tale.server, plan));
  const outcomes = await Promise.all(
    processes.map((process) => backUp(tale.sim, process, { ...tale, seesOthers })),
  );
  for (const [at, process] of processes.entries()) {
    await follow(tale, process, Promise.resolve(outcomes[at]!));
  }
  assert.ok(processes.filter((process) => process.sealed > 0).length <= 1, "two have sealed");
}

async function follow(
  tale: BackupTale,
  process: SimProcess,
  running: Promise<Outcome<BackupReport>>,
): Promise<Outcome<BackupReport>> {
  const { sim, name } = tale;
  const outcome = await running;
  sim.story.push(`backup by process ${process.owner.pid} ${tell(outcome)}`);
  if (outcome.kind === "error") process.hasLost = outcome.error.code === "ARK_NAME_LOST";
  const held = await checkBackup(sim.store, name, tale);
  assert.deepEqual(sim.containers.faults(), [], "hooks of pods");
  assert.ok(process.sealed <= 1, "sealed twice");
  if (outcome.kind === "report") checkReport(outcome.report, process, held);
  if (outcome.kind === "error" && process.sealed > 0) {
    assert.fail(`it failed with "${outcome.error.message}", and has sealed the backup`);
  }
  return outcome;
}

function checkReport(
  report: BackupReport,
  process: SimProcess,
  held: HeldBackup | undefined,
): void {
  const { phase } = report.backup.status;
  if (phase === "Failed") {
    assert.equal(report.manifest, undefined);
    assert.equal(process.sealed, 0, "it says that nothing was sealed");
    return;
  }
  assert.ok(held !== undefined, `the report says ${phase}, and there is no backup`);
  assert.equal(phase, held.phase);
  assert.equal(report.objects, held.entries.size, "the report's count is wrong");
}

/** After all misfortune: the same command again has, or makes, a backup, and leaves nothing else. */
export async function endBackup(tale: BackupTale): Promise<HeldBackup> {
  const { sim, name } = tale;
  let outcome = await tryBackup(tale, undefined);
  // What an earlier process sent and the store changed is found when it is read back; and one
  // that stood still may have put a part over one of the process that took its run over.
  const mayBeMixed = sim.processes.some((process) => process.corrupted || process.hasStalled);
  const isGivenUp =
    outcome.kind === "error" &&
    ["ARK_BACKUP_DAMAGED", "ARK_STORE_FAILED"].includes(outcome.error.code ?? "");
  if (isGivenUp && mayBeMixed) outcome = await tryBackup(tale, undefined);
  const existed = outcome.kind === "error" && outcome.error.code === "ARK_NAME_TAKEN";
  if (outcome.kind === "error" && !existed) throw outcome.error;
  const held = await checkBackup(sim.store, name, tale);
  assert.ok(held !== undefined, "there is no backup at the end");
  assert.equal(sim.processes.filter((process) => process.sealed > 0).length, 1, "sealed by one");
  await thaw(tale);
  const left = sim.store.keys().filter((key) => key.startsWith("metadata/"));
  assert.deepEqual(left, [], "records and checkpoints are left");
  const known = sim.store.openUploads().filter((id) => !isNobodys(sim, id));
  assert.deepEqual(known, [], "uploads are left open");
  assert.ok(sim.store.keys().includes(sealOf(name)));
  return held;
}

/** `backup thaw`: what hooks that failed have left owed is paid when they work again. */
async function thaw({ sim, server }: BackupTale): Promise<void> {
  const process = sim.start(server);
  const { thaws, unreadable } = await listThaws(process.store, process.signal);
  assert.deepEqual(unreadable, []);
  const options = { resources: [], runUndeclared: true };
  for (const one of thaws) await payThaw(one, process, options, process.signal);
  process.end();
  assert.deepEqual(sim.containers.faults(), [], "hooks of pods");
  assert.deepEqual(sim.containers.frozen(), [], "pods are left frozen");
}

/**
 * Uploads that nobody can know: begun by a process that died before it wrote of them, or whose
 * beginning got no answer, or which the store refused to free; or by one that has lost its run, whose
 * new owner may go on with it. Stores drop them in time.
 */
function isNobodys(sim: Simulation, uploadId: string): boolean {
  return sim.processes.some(
    (process) =>
      process.unknownUploads.has(uploadId) ||
      process.unfreed.has(uploadId) ||
      (process.hasLost && process.uploads.has(uploadId)) ||
      (process.state === "dead" && process.unwritten.has(uploadId)),
  );
}

function tell(outcome: Outcome<BackupReport>): string {
  if (outcome.kind === "died") return "died";
  if (outcome.kind === "error") return `failed: ${outcome.error.code}: ${outcome.error.message}`;
  const { backup, continued, objects } = outcome.report;
  const from = continued === undefined ? "" : `, continued from ${continued.parts} parts`;
  return `ended ${backup.status.phase} with ${objects} objects${from}`;
}
