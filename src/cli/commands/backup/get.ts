import { collectBackups } from "../../collect-backups.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { shownBackup } from "../../render/backup-resource.ts";
import { phaseOfRun, renderBackupTable } from "../../render/backup-table.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Lists backups, interrupted runs and what cannot be read; the latter makes it fail. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: listStored,
    server: async (session, server) =>
      await (await import("../../server-mode/backup/get.ts")).getBackups(session, server),
  });
}

async function listStored(session: Session): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const { location, store } = await openChosenLocation(session, "read-store");
  const choice = { names: args, selector: flags.text("selector") };
  const listings = await collectBackups(store, choice, session.signal);
  const sealed = listings.flatMap((listing) => (listing.state === "sealed" ? [listing] : []));
  const unreadable = listings.flatMap((listing) =>
    listing.state === "unreadable"
      ? [{ name: listing.name, code: listing.error.code, message: listing.error.message }]
      : [],
  );
  const interrupted = listings.flatMap((listing) =>
    listing.state === "interrupted"
      ? [
          {
            name: listing.name,
            startedAt: listing.run.startedAt,
            phase: phaseOfRun(listing.run),
            ended: ["failed", "cancelled"].includes(listing.run.outcome),
          },
        ]
      : [],
  );
  const items = sealed.map((listing) => shownBackup(listing, location.name));
  await printResource(environment, flags.text("output"), {
    value: listOrItem("Backup", items, args.length === 1, { interrupted, unreadable }),
    table: () =>
      renderBackupTable(listings, {
        location: location.name,
        now: session.clock.now(),
        painter: session.out,
      }),
    names: listings.map(({ name }) => `backup/${name}`),
  });
  return unreadable.length > 0 ? exitStatus.failed : exitStatus.done;
}
