import type { PruneReport } from "../../../retention/prune-backups.ts";
import type { Invocation } from "../../command-spec.ts";
import { openCluster } from "../../compose.ts";
import { runFolderDeletions } from "../../deletion-actions.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { checkTypedFolder } from "../../plugin-actions.ts";
import { openChosenLocation, readsInFlight } from "../../reading.ts";
import { pruneJson, renderPrune } from "../../render/prune-report.ts";
import { printResource } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";
import { lateSnapshotLocations } from "../../snapshot-locations.ts";

/** Deletes what has expired, or says what would be; fails when something had to stay. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    const { location, store } = await openChosenLocation(session, "write-store");
    const { pruneBackups } = await import("../../../retention/prune-backups.ts");
    const { prepareSnapshots } = await import("../../../volumes/delete-snapshots.ts");
    await checkTypedFolder(session);
    const { prepareNatives } = await import("../../../volumes/native/prepare-natives.ts");
    const cluster = async () => (await openCluster(session)).cluster;
    const locations = lateSnapshotLocations(session);
    const { clock, signal } = session;
    const dryRun = flags.boolean("dry-run") === true;
    const report: PruneReport = await pruneBackups(store, {
      now: clock.now(),
      signal,
      concurrency: readsInFlight,
      dryRun,
      snapshots: (name) =>
        prepareSnapshots(name, { store, cluster, clock, nativesGone: true }, signal),
      natives: (name) => prepareNatives(name, { store, locations, clock }, signal),
      deleteActions: (name) => runFolderDeletions(session, store, name),
    });
    await printResource(environment, flags.text("output"), {
      value: pruneJson(report, dryRun),
      table: () => renderPrune(report, { dryRun, location: location.display }),
      names: report.plan.expired.map(({ name }) => `backup/${name}`),
    });
    if (report.failed.length > 0) return exitStatus.failed;
    const isPartial = report.deleted.some(({ failedActions }) => failedActions > 0);
    return isPartial ? exitStatus.partiallyFailed : exitStatus.done;
  });
}
