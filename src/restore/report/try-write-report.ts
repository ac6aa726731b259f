import type { Restore } from "../../api/restore.ts";
import type { Finding } from "../../api/results.ts";
import { toArkError } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { keepPassive } from "../apply/keep-passive.ts";
import { restoredNatives } from "../natives/restored-natives.ts";
import type { OwnedRestore } from "../record/take-up-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import { restoredSnapshots } from "../snapshots/restored-snapshots.ts";
import { writeReport } from "./write-report.ts";

type Reporting = Pick<RestoreRun, "ports" | "log" | "tally" | "effects" | "actions"> &
  Pick<RestoreRun, "natives" | "before" | "plan" | "owners" | "snapshotClaims">;

/**
 * The objects are restored whether or not the location can be written to: then what undoing and
 * activating need is kept on this machine, and the finding that is answered says so.
 */
export async function tryWriteReport(
  run: Reporting,
  restore: Restore,
  { claim }: Pick<OwnedRestore, "claim">,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  const { ports, log, tally, effects, actions } = run;
  const clusterId = claim?.record.clusterId ?? "";
  const operations = actions?.ledger.operations ?? [];
  const server = await addressOf(ports.cluster, clusterId, signal);
  const volumes = { natives: restoredNatives(run), snapshots: restoredSnapshots(run) };
  const parts = { log, tally, effects, clusterId, ...server, operations, volumes };
  try {
    await writeReport(ports.store, restore, parts, signal);
    return undefined;
  } catch (thrown) {
    const { code, message } = toArkError(thrown);
    const { name } = restore.metadata;
    const told = `the record of restore "${name}" could not be written: ${message}`;
    const finding = (...advice: readonly string[]): Finding => {
      return { severity: "warning", code, message: told, advice: advice.join("; ") };
    };
    const kept = finding(
      `it is kept on this machine: see it with: ark-ts restore describe ${name}`,
      `undo it from this machine, with: ark-ts restore undo ${name}`,
      ...(await keepForActivation(name, run, signal)),
    );
    if (await keepReport(ports.journalStore, restore, parts, kept, signal)) return kept;
    return finding(
      "what is printed here is all there is of it: keep it",
      ...(clusterId === "" ? [] : ["it cannot be undone: this machine could not keep it either"]),
      ...(await keepForActivation(name, run, signal)),
    );
  }
}

/** By which another user knows the cluster who may not read what its id is made of. */
async function addressOf(
  cluster: ClusterReader,
  clusterId: string,
  signal: AbortSignal,
): Promise<{ readonly serverSha256?: string }> {
  try {
    const { id, serverSha256 } = await cluster.identity({ signal });
    return id === clusterId ? { serverSha256 } : {};
  } catch {
    return {};
  }
}

type Parts = Parameters<typeof writeReport>[2];

/** With the finding of {@link tryWriteReport}, which comes after all others were counted. */
export function withWarning(restore: Restore): Restore {
  const { status } = restore;
  return { ...restore, status: { ...status, warnings: (status.warnings ?? 0) + 1 } };
}

/** Beside what the run has kept there of former objects. Answers whether all of it is. */
async function keepReport(
  store: ObjectStore | undefined,
  restore: Restore,
  { log, tally, ...parts }: Parts,
  finding: Finding,
  signal: AbortSignal,
): Promise<boolean> {
  // Of a run without a name nobody could find it.
  if (store === undefined || parts.clusterId === "") return false;
  const findings = [...log.findings, finding];
  // What an activation needs is kept beside what earlier restores have left there.
  const whole = { ...parts, log: { ...log, findings }, tally: { ...tally, passive: [] } };
  try {
    await writeReport(store, withWarning(restore), whole, signal);
    return true;
  } catch {
    return false;
  }
}

/** What an activation needs; answers what to say of it. */
async function keepForActivation(
  name: string,
  { ports: { journalStore }, tally }: Reporting,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (tally.passive.length === 0) return [];
  try {
    if (journalStore !== undefined) {
      await keepPassive(journalStore, name, tally.passive, signal);
      return [`put it to work from this machine, with: ark-ts restore activate ${name}`];
    }
  } catch {
    // By hand, then.
  }
  return [
    "put it to work by hand: the annotation ark-ts.dev/passive of each object has what it was to be",
  ];
}
