import type { DownloadTarget } from "../../../api/download-request.ts";
import { type Restore, restoreKind } from "../../../api/restore.ts";
import {
  readItemOperations,
  readListFile,
  readResourceList,
  readResults,
} from "../../../catalog/read-side-file.ts";
import { restoreKeys } from "../../../format/keys.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { type Described, printDescriptions } from "../../print-descriptions.ts";
import { type DescribedRestore, describeRestore } from "../../render/describe-restore.ts";
import { restoreDescriptionJson } from "../../render/description-json.ts";
import type { Session } from "../../session.ts";
import { chosenResources } from "../chosen-resources.ts";
import { openDownloads } from "../downloads.ts";
import { createFileReader, type FileReader } from "../read-files.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import { asStored, hasEnded } from "../runs.ts";
import type { ServerAccess } from "../server-access.ts";
import { locationOfRestore } from "./location-of-restore.ts";

/** Describes the named Restores, or all, with what the server hands out of their files. */
export async function describeRestores(
  session: Session,
  server: ServerAccess,
): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const restores = resourcesOf(restoreKind, server, session.signal);
  const chosen = await chosenResources(restores, { names: args, selector: flags.text("selector") });
  const style = { painter: session.out, details: flags.boolean("details") === true };
  const files = createFileReader(session);
  const described: Described[] = [];
  for (const resource of chosen) {
    const restore = asStored<Restore>(resource);
    const one = await gather(session, server, { restore, details: style.details, files });
    described.push({ json: restoreDescriptionJson(one), text: () => describeRestore(one, style) });
  }
  await printDescriptions(session.invocation, "restore", described, {
    location: placeOf(server),
    style,
  });
  return exitStatus.done;
}

interface Gathering {
  readonly restore: Restore;
  readonly details: boolean;
  readonly files: FileReader;
}

async function gather(
  session: Session,
  server: ServerAccess,
  { restore, details, files }: Gathering,
): Promise<DescribedRestore> {
  const { signal } = session;
  const { name } = restore.metadata;
  const { status } = restore;
  // What has not ended has no files yet.
  if (!hasEnded("restore", restore) || status.phase === "FailedValidation") {
    const goesOn = !hasEnded("restore", restore) && { goesOnAt: session.clock.now() };
    return { restore, aftermath: {}, ...goesOn, results: undefined, resources: undefined };
  }
  const keys = restoreKeys(name);
  const kinds = new Map<string, DownloadTarget>([
    [keys.results, "RestoreResults"],
    [keys.resourceList, "RestoreResourceList"],
    [keys.itemOperations, "RestoreItemOperations"],
    [keys.volumeInfo, "RestoreVolumeInfo"],
  ]);
  const location = await locationOfRestore(session, server, restore);
  const source = (await openDownloads(session, server, location)).source(name, kinds);
  const found = (status.errors ?? 0) + (status.warnings ?? 0) > 0;
  const fetched = async <T>(wanted: boolean, what: string, read: () => Promise<T | undefined>) =>
    wanted ? await files.read(`${what} of restore ${name}`, read) : undefined;
  return {
    restore,
    // Undo and activation are of standalone: a server hands out nothing of them.
    aftermath: {},
    results: await fetched(found, "the findings", () => readResults(source, keys.results, signal)),
    operations: await fetched(details, "the item operations", () =>
      readItemOperations(source, keys.itemOperations, signal),
    ),
    volumes: await fetched(details, "the volume info", () =>
      readListFile(source, keys.volumeInfo, signal),
    ),
    resources: await fetched(details, "the list of objects", () =>
      readResourceList(source, keys.resourceList, signal),
    ),
  };
}
