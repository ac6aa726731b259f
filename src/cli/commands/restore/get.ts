import { collectRestores } from "../../collect-restores.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { renderRestoreTable, shownInterrupted } from "../../render/restore-table.ts";
import { livenessCheck } from "../../run-owner.ts";
import { withSession } from "../../session.ts";

/** Lists restores, interrupted runs and what cannot be read; the latter makes it fail. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const { location, store } = await openChosenLocation(session, "read-store");
    const journalStore = await openJournalStore(session, location);
    const { signal } = session;
    const listings = await collectRestores(store, args, { signal, journalStore });
    const liveness = await livenessCheck();
    const items = listings.flatMap((one) => (one.state === "recorded" ? [one.restore] : []));
    const unrecorded = listings.flatMap((one) => (one.state === "unrecorded" ? [one.name] : []));
    const interrupted = listings.flatMap((one) =>
      one.state === "interrupted" ? [shownInterrupted(one, liveness)] : [],
    );
    const unreadable = listings.flatMap((one) =>
      one.state === "unreadable"
        ? [{ name: one.name, code: one.error.code, message: one.error.message }]
        : [],
    );
    await printResource(environment.stdout, flags.text("output"), {
      value: listOrItem("Restore", items, args.length === 1, {
        interrupted,
        unrecorded,
        unreadable,
      }),
      table: () =>
        renderRestoreTable(listings, { location: location.name, painter: session.out, liveness }),
      names: listings.map(({ name }) => `restore/${name}`),
    });
    return unreadable.length > 0 ? exitStatus.failed : exitStatus.done;
  });
}
