import type { UndoReport, UndoRequest } from "../../../restore/undo/undo-request.ts";
import type { UndoPlan } from "../../../restore/undo/undo-restore.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore, openStore } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { waitsOfUndo } from "../../flags/restore-flags.ts";
import { chosenLocation } from "../../locations.ts";
import { sayIfMissing } from "../../missing-directory.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderUndoPlan, renderUndoReport, type UndoStyle } from "../../render/undo-text.ts";
import { livenessCheck, runOwner } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";
import { limitsOf } from "../../waits-of-flags.ts";

/** Shows what would be taken back, asks, does it, and tells what came of it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const { clock, log, signal } = session;
    const named = flags.text("storage-location");
    const location = await chosenLocation(named, session.config, environment);
    const { cluster } = await enterStandalone(session, "cluster");
    if (cluster === undefined) throw usageError("undoing a restore needs a cluster");
    await sayIfMissing(session, location);
    const store = await openStore(session, location);
    const journalStore = await openJournalStore(session, location);
    const liveness = await livenessCheck();
    const ports = { cluster, store, journalStore, clock, log, liveness };
    const { objectGoneMs } = limitsOf(flags, waitsOfUndo).limits ?? {};
    const request: UndoRequest = {
      ...(objectGoneMs === undefined ? {} : { objectGoneMs }),
      restore: args[0] ?? "",
      owner: await runOwner(environment.pid),
      changedToo: flags.boolean("changed-too") === true,
      dataToo: flags.boolean("delete-data") === true,
    };
    const { planUndo, undoRestore } = await import("../../../restore/undo/undo-restore.ts");
    const plan = await planUndo(request, ports, signal);
    if (flags.boolean("dry-run") === true) {
      await printPlan(session, plan);
      return exitStatus.done;
    }
    const style = styleOf(session);
    const isWork = plan.steps.some(({ verdict }) => !["done", "left"].includes(verdict.step));
    if (isWork) {
      environment.stderr.write(renderUndoPlan(plan, style));
      if (!(await confirmed(session, `Undo restore ${request.restore}?`))) return exitStatus.failed;
    }
    const startedMs = clock.monotonicMs();
    const report = await undoRestore(request, ports, signal);
    const durationMs = clock.monotonicMs() - startedMs;
    await printResource(environment, flags.text("output"), {
      value: report,
      table: () => renderUndoReport(report, durationMs, style),
      names: [`restore/${report.restore}`],
    });
    tellUnrecorded(session, report);
    if (signal.aborted) return exitStatus.cancelled;
    return statusOf(report);
  });
}

function styleOf({ out, invocation }: Session): UndoStyle {
  return { painter: out, details: invocation.flags.boolean("details") === true };
}

async function printPlan(session: Session, plan: UndoPlan): Promise<void> {
  const { environment, flags } = session.invocation;
  await printResource(environment, flags.text("output"), {
    value: plan,
    table: () => renderUndoPlan(plan, styleOf(session)),
    names: [`restore/${plan.restore}`],
  });
}

/** Nothing that was done is undone by that. */
function tellUnrecorded(session: Session, { unrecorded, restore }: UndoReport): void {
  if (unrecorded === undefined) return;
  const { message, code } = unrecorded;
  session.note(
    `what came of it could not be recorded, so restore ${restore} is shown as being undone; undo it once more to have it recorded: ${message}   (${code})`,
  );
}

function statusOf({ phase }: UndoReport): ExitStatus {
  if (phase === "Completed") return exitStatus.done;
  return phase === "Failed" ? exitStatus.failed : exitStatus.partiallyFailed;
}
