import type { Cluster } from "../../../ports/cluster.ts";
import type { JudgedTrace, OrphanReport } from "../../../volumes/find-orphans.ts";
import type { RemovedOrphans } from "../../../volumes/remove-orphans.ts";
import type { Invocation } from "../../command-spec.ts";
import { openCluster, openJournalStore } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { type OpenedLocation, openChosenLocation } from "../../reading.ts";
import { counted } from "../../render/amounts.ts";
import { orphanNames, orphansJson, renderOrphans, renderRemoved } from "../../render/orphans.ts";
import { printResource } from "../../render/resource-output.ts";
import { livenessCheck } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";

/** Lists snapshots without a backup and backups without their snapshots; removes the former on request. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { flags } = invocation;
  const remove = flags.boolean("remove") === true;
  if (flags.boolean("confirm") === true && !remove) {
    throw usageError("--confirm has no effect without --remove");
  }
  return await withSession(invocation, async (session) => {
    const opened = await openChosenLocation(session, remove ? "write-store" : "read-store");
    const { cluster } = await openCluster(session);
    return await (remove ? removeThem : list)(session, { ...opened, cluster });
  });
}

type Opened = OpenedLocation & { readonly cluster: Cluster };

type Found = { readonly report: OrphanReport; readonly again: () => Promise<OrphanReport> };

async function find(session: Session, { location, store, cluster }: Opened): Promise<Found> {
  const { findOrphans } = await import("../../../volumes/find-orphans.ts");
  const { clock, signal } = session;
  const journalStore = await openJournalStore(session, location);
  const search = { store, journalStore, cluster, clock, liveness: await livenessCheck() };
  const askDrivers = session.invocation.flags.boolean("ask-drivers") === true;
  return {
    report: await findOrphans({ ...search, askDrivers }, signal),
    again: () => findOrphans({ ...search, askDrivers: false }, signal),
  };
}

const statusOf = ({ lost }: OrphanReport): ExitStatus =>
  lost.length > 0 ? exitStatus.failed : exitStatus.done;

async function list(session: Session, opened: Opened): Promise<ExitStatus> {
  const { environment, flags } = session.invocation;
  const { report } = await find(session, opened);
  const style = { now: session.clock.now(), location: opened.location.display };
  await printResource(environment, flags.text("output"), {
    value: orphansJson(report, undefined),
    table: () => renderOrphans(report, style),
    names: orphanNames(report),
  });
  return statusOf(report);
}

async function removeThem(session: Session, opened: Opened): Promise<ExitStatus> {
  const { environment, flags } = session.invocation;
  const { clock, signal } = session;
  const { report, again } = await find(session, opened);
  const style = { now: clock.now(), location: opened.location.display };
  const { isRemovable } = await import("../../../domain/volumes/csi/judge-trace.ts");
  const chosen = report.traces.filter(({ verdict }) => isRemovable(verdict));
  const isTable = (flags.text("output") ?? "table") === "table";
  if (isTable) environment.stdout.write(renderOrphans(report, style));
  let result: RemovedOrphans = { removed: [], left: [] };
  if (chosen.length > 0) {
    if (!(await confirmed(session, questionOf(chosen)))) return exitStatus.failed;
    const { connectSnapshots } = await import("../../../volumes/find-orphans.ts");
    const { removeOrphans } = await import("../../../volumes/remove-orphans.ts");
    const api = await connectSnapshots(opened.cluster, signal);
    // Somebody may have thought about it for long.
    const still = unchanged(chosen, (await again()).traces);
    result = await removeOrphans(still, { api, clock }, signal);
  }
  if (isTable) environment.stdout.write(renderRemoved(chosen.length, result));
  else {
    await printResource(environment, flags.text("output"), {
      value: orphansJson(report, result),
      table: () => "",
      names: orphanNames(report),
    });
  }
  return result.left.length > 0 ? exitStatus.failed : statusOf(report);
}

function questionOf(chosen: readonly JudgedTrace[]): string {
  const orphans = chosen.filter(({ verdict }) => verdict.state === "orphan").length;
  const released = chosen.length - orphans;
  const parts = [
    ...(orphans === 0 ? [] : [`delete ${counted(orphans, "snapshot")}, in the storage as well`]),
    ...(released === 0
      ? []
      : [`take the objects of ${counted(released, "snapshot")} out of the cluster`]),
  ];
  const text = parts.join("; and ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}?`;
}

/** Of those that a person has seen, the ones of which the same is true now. */
function unchanged(
  seen: readonly JudgedTrace[],
  now: readonly JudgedTrace[],
): readonly JudgedTrace[] {
  const key = ({ trace, verdict }: JudgedTrace): string =>
    JSON.stringify([trace.namespace, trace.name, trace.content, trace.handle, verdict.state]);
  const keys = new Set(seen.map(key));
  return now.filter((one) => keys.has(key(one)));
}
