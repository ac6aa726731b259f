import { collectRestores } from "../../collect-restores.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { shownRestore } from "../../render/restore-aftermath.ts";
import { renderRestoreTable, shownRun } from "../../render/restore-table.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Lists restores, interrupted runs and what cannot be read; the latter makes it fail. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: listStored,
    server: async (session, server) =>
      await (await import("../../server-mode/restore/get.ts")).getRestores(session, server),
  });
}

async function listStored(session: Session): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const { location, store } = await openChosenLocation(session, "read-store");
  const journalStore = await openJournalStore(session, location);
  const listings = await collectRestores({ store, journalStore }, args, session.signal);
  const items = listings.flatMap((one) => (one.state === "recorded" ? [shownRestore(one)] : []));
  const runs = listings.flatMap((one) => (one.state === "unrecorded" ? [one.run] : []));
  const unrecorded = runs.flatMap(({ name, outcome }) => (outcome === "ended" ? [name] : []));
  const interrupted = runs.filter(({ outcome }) => outcome !== "ended").map(shownRun);
  const unreadable = listings.flatMap((one) =>
    one.state === "unreadable"
      ? [{ name: one.name, code: one.error.code, message: one.error.message }]
      : [],
  );
  await printResource(environment, flags.text("output"), {
    value: listOrItem("Restore", items, args.length === 1, {
      interrupted,
      unrecorded,
      unreadable,
    }),
    table: () => renderRestoreTable(listings, { location: location.name, painter: session.out }),
    names: listings.map(({ name }) => `restore/${name}`),
  });
  return unreadable.length > 0 ? exitStatus.failed : exitStatus.done;
}
