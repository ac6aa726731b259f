import type { RestoreRemains } from "../../../catalog/delete-restore.ts";
import type { RestorePlaces } from "../../../catalog/unrecorded-restore.ts";
import { matchesLabels, parseLabelSelector } from "../../../domain/label-selector.ts";
import { collectRestores } from "../../collect-restores.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { loseMissing } from "../../flags/restore-flags.ts";
import { wouldLoseMissing } from "../../missing-objects.ts";
import { checkOneChoice } from "../../one-choice.ts";
import { openChosenLocation } from "../../reading.ts";
import { counted } from "../../render/amounts.ts";
import { livenessCheck } from "../../run-owner.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Deletes what is stored of restores; what they made in the cluster stays. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "write-store", {
    standalone: deleteStored,
    server: async (session, server) =>
      await (await import("../../server-mode/restore/delete.ts")).deleteRestores(session, server),
  });
}

async function deleteStored(session: Session): Promise<ExitStatus> {
  const { stdout } = session.invocation.environment;
  checkOneChoice(session.invocation, "restores");
  const { display, all } = await findAll(session);
  if (all.length === 0) {
    stdout.write(`no restore of ${display} is chosen; nothing was done\n`);
    return exitStatus.done;
  }
  refuseToLose(session, all);
  const lost = all.flatMap((one) => {
    const clauses = lossesOf(one);
    return clauses.length === 0 ? [] : [`  restore ${one.name}: ${clauses.join("; ")}\n`];
  });
  const names = all.map(({ name }) => name).join(", ");
  const question = `Delete the records of ${counted(all.length, "restore")} of ${display}: ${names}? What they made in the cluster stays.\n${lost.join("")}`;
  if (!(await confirmed(session, question.trimEnd()))) return exitStatus.failed;
  const { deleteRestore } = await import("../../../catalog/delete-restore.ts");
  for (const remains of all) {
    const { files, hidden } = await deleteRestore(remains, session.signal);
    const verb = hidden ? "hidden (the bucket keeps versions)" : "deleted";
    const gone = remains.missing.length === 0 ? "" : `; ${lossOf(remains)}`;
    stdout.write(`restore ${remains.name}: ${counted(files, "file")} ${verb}${gone}\n`);
  }
  return exitStatus.done;
}

/** A restore, with what only its record has of the cluster. */
interface ChosenRestore extends RestoreRemains {
  readonly missing: readonly string[];
}

/** Before anything is deleted. Errors: ARK_OBJECT_NOT_REMADE. */
function refuseToLose({ invocation }: Session, all: readonly ChosenRestore[]): void {
  if (invocation.flags.boolean(loseMissing.name) === true) return;
  const first = all.find(({ missing }) => missing.length > 0);
  if (first === undefined) return;
  throw wouldLoseMissing(first.name, first.missing, {
    what: "deleted objects and could make nothing in their place",
    doing: "deleting its record",
    back: `undo the restore, which makes them again: ark-ts restore undo ${first.name}`,
    command: `ark-ts restore delete ${first.name}`,
  });
}

function lossesOf(one: ChosenRestore): readonly string[] {
  return one.missing.length === 0 ? one.lost : [...one.lost, lossOf(one)];
}

function lossOf({ missing }: ChosenRestore): string {
  return `what was kept of ${counted(missing.length, "object")} that may be missing from the cluster is lost`;
}

/** Of all that are chosen, before anything is deleted. */
async function findAll(
  session: Session,
): Promise<{ readonly display: string; readonly all: readonly ChosenRestore[] }> {
  const { invocation, signal } = session;
  const { args, flags } = invocation;
  const { location, store } = await openChosenLocation(session, "write-store");
  const places = { store, journalStore: await openJournalStore(session, location) };
  const typed = flags.text("selector");
  const selector = typed === undefined ? undefined : parseLabelSelector(typed);
  const listings = await collectRestores(places, args, signal);
  const chosen = listings.filter(
    (one) =>
      selector === undefined ||
      (one.state === "recorded" && matchesLabels(selector, one.restore.metadata.labels ?? {})),
  );
  const { findRemains } = await import("../../../catalog/delete-restore.ts");
  const liveness = await livenessCheck();
  const all: ChosenRestore[] = [];
  for (const { name } of chosen) {
    const remains = await findRemains(places, name, { signal, liveness });
    all.push({ ...remains, missing: await missingOf(places, name, signal) });
  }
  return { display: location.display, all };
}

async function missingOf(
  { store, journalStore }: RestorePlaces,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { onlyCopies } = await import("../../../restore/undo/only-copies.ts");
  const here = await onlyCopies(store, journalStore, name, signal);
  const kept =
    journalStore === undefined ? [] : await onlyCopies(journalStore, undefined, name, signal);
  return [...new Set([...here, ...kept])].sort();
}
