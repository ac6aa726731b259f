import type { RestorePlaces } from "../../../catalog/unrecorded-restore.ts";
import { restoreKeys } from "../../../format/keys.ts";
import { hasCode } from "../../../lib/errors.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import { collectRestores } from "../../collect-restores.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore } from "../../compose.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import {
  type Described,
  type DescribeRequest,
  printDescriptions,
} from "../../print-descriptions.ts";
import { openChosenLocation } from "../../reading.ts";
import { describeRestore } from "../../render/describe-restore.ts";
import {
  type DescribedRestoreRun,
  describeRestoreRun,
  restoreRunDescriptionJson,
} from "../../render/describe-restore-run.ts";
import { restoreDescriptionJson } from "../../render/description-json.ts";
import { livenessCheck } from "../../run-owner.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Describes the named restores, or all that can be read; one at a time. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: describeStored,
    server: async (session, server) =>
      await (await import("../../server-mode/restore/describe.ts")).describeRestores(
        session,
        server,
      ),
  });
}

async function describeStored(session: Session): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const { signal } = session;
  const { location, store } = await openChosenLocation(session, "read-store");
  const places = { store, journalStore: await openJournalStore(session, location) };
  const names = args.length > 0 ? args : await readableNames(places, signal);
  const details = flags.boolean("details") === true;
  const request = { location: location.name, style: { painter: session.out, details } };
  const described: Described[] = [];
  for (const name of names) {
    described.push(await describedOf(places, name, request, signal));
  }
  await printDescriptions(session.invocation, "restore", described, request);
  return exitStatus.done;
}

async function readableNames(
  places: RestorePlaces,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const listings = await collectRestores(places, [], signal);
  return listings.flatMap(({ name, state }) => (state === "unreadable" ? [] : [name]));
}

/** A restore that has ended, or what is known of a run without record. Errors: ARK_RESTORE_NOT_FOUND. */
async function describedOf(
  places: RestorePlaces,
  name: string,
  { location, style }: DescribeRequest,
  signal: AbortSignal,
): Promise<Described> {
  const { readRestoreHere } = await import("../../../catalog/read-restore.ts");
  const sideFiles = await import("../../../catalog/read-side-file.ts");
  const keys = restoreKeys(name);
  const results = (store: ObjectStore) => sideFiles.readResults(store, keys.results, signal);
  try {
    const { restore, place } = await readRestoreHere(places, name, { signal });
    const resources = style.details
      ? await sideFiles.readResourceList(place, keys.resourceList, signal)
      : undefined;
    const operations = style.details
      ? await sideFiles.readItemOperations(place, keys.itemOperations, signal)
      : undefined;
    const volumes = style.details
      ? await sideFiles.readListFile(place, keys.volumeInfo, signal)
      : undefined;
    const { readAftermath } = await import("../../../catalog/restore-aftermath.ts");
    const liveness = await livenessCheck();
    const { journalStore } = places;
    const aftermath = await readAftermath({ place, journalStore }, name, { signal, liveness });
    const files = { resources, operations, volumes };
    const one = { restore, aftermath, results: await results(place), ...files };
    return { json: restoreDescriptionJson(one), text: () => describeRestore(one, style) };
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_RESTORE_NOT_FOUND")) throw thrown;
    const { readUnrecorded } = await import("../../../catalog/unrecorded-restore.ts");
    const liveness = await livenessCheck();
    const found = await readUnrecorded(places, name, { signal, liveness });
    if (found === undefined) throw thrown;
    const written = await writtenBy(found, signal);
    const said = await results(places.store);
    const one = { run: found, written, results: said, location };
    return { json: restoreRunDescriptionJson(one), text: () => describeRestoreRun(one, style) };
  }
}

async function writtenBy(
  { record, journalStore }: DescribedRestoreRun["run"],
  signal: AbortSignal,
): Promise<DescribedRestoreRun["written"]> {
  if (record === undefined || journalStore === undefined) return undefined;
  const { readInterruptedRestore } = await import("../../../restore/record/interrupted-restore.ts");
  const { countWritten } = await import("../../../restore/record/replay-outcomes.ts");
  const before = await readInterruptedRestore(journalStore, record.runUid, signal);
  return { objects: countWritten({ before }), inDoubt: before.inDoubt.size };
}
