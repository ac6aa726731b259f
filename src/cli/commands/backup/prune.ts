import type { PruneReport } from "../../../retention/prune-backups.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation, readsInFlight } from "../../reading.ts";
import { pruneJson, renderPrune } from "../../render/prune-report.ts";
import { printResource } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";

/** Deletes what has expired, or says what would be; fails when something had to stay. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    const { location, store } = await openChosenLocation(session, "write-store");
    const { pruneBackups } = await import("../../../retention/prune-backups.ts");
    const dryRun = flags.boolean("dry-run") === true;
    const report: PruneReport = await pruneBackups(store, {
      now: session.clock.now(),
      signal: session.signal,
      concurrency: readsInFlight,
      dryRun,
    });
    await printResource(environment, flags.text("output"), {
      value: pruneJson(report, dryRun),
      table: () => renderPrune(report, { dryRun, location: location.display }),
      names: report.plan.expired.map(({ name }) => `backup/${name}`),
    });
    return report.failed.length > 0 ? exitStatus.failed : exitStatus.done;
  });
}
