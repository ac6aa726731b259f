import type { RestorePlaces } from "../../../catalog/unrecorded-restore.ts";
import { toArkError } from "../../../lib/errors.ts";
import type { ActivationReport } from "../../../restore/record/write-aftermath.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore, openStore } from "../../compose.ts";
import { type ExitStatus, exitStatusOfPhase } from "../../exit-codes.ts";
import { chosenLocation } from "../../locations.ts";
import { sayIfMissing } from "../../missing-directory.ts";
import { renderActivation } from "../../render/activation-text.ts";
import { printResource } from "../../render/resource-output.ts";
import { livenessCheck } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Puts back to work what a passive restore has made. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const name = invocation.args[0] ?? "";
    const { flags, environment } = invocation;
    const typed = flags.text("storage-location");
    const location = await chosenLocation(typed, session.config, environment);
    const { cluster } = await enterStandalone(session, "cluster");
    if (cluster === undefined) throw usageError("an activation needs a cluster");
    await sayIfMissing(session, location);
    const store = await openStore(session, location);
    const { activateRestore, phaseOfActivation } = await import(
      "../../../restore/activate-restore.ts"
    );
    const journalStore = await openJournalStore(session, location);
    const startedAt = session.clock.now().toISOString();
    const places = { store, journalStore };
    const ports = { ...places, cluster, liveness: await livenessCheck() };
    const items = await activateRestore(name, ports, session.signal);
    const endedAt = session.clock.now().toISOString();
    await record(session, { restore: name, startedAt, endedAt, outcomes: items }, places);
    await printResource(environment, flags.text("output"), {
      value: { restore: name, items },
      table: () => renderActivation(name, items),
      names: items.map(({ resource, name: item }) => `${resource}/${item}`),
    });
    return exitStatusOfPhase(phaseOfActivation(items));
  });
}

/** That it cannot be recorded changes nothing about what was done. */
async function record(
  session: Session,
  report: Omit<ActivationReport, "phase">,
  places: RestorePlaces,
): Promise<void> {
  const { writeActivation } = await import("../../../restore/record/write-aftermath.ts");
  try {
    const { elsewhere } = await writeActivation(places, report);
    if (elsewhere === undefined) return;
    session.note(
      `that it was activated is recorded on this machine only: ${elsewhere.message}   (${elsewhere.code})`,
    );
  } catch (thrown) {
    const { message, code } = toArkError(thrown);
    session.note(`that it was activated could not be recorded: ${message}   (${code})`);
  }
}
