import { type Backup, backupKind } from "../../../api/backup.ts";
import {
  type DeleteBackupRequest,
  deleteBackupRequestKind,
} from "../../../api/delete-backup-request.ts";
import { labels } from "../../../api/labels.ts";
import { readManifestFile } from "../../../catalog/open-backup.ts";
import type { OwnRecord } from "../../../catalog/previous-backup.ts";
import {
  readItemOperations,
  readResourceList,
  readResults,
  readVolumes,
} from "../../../catalog/read-side-file.ts";
import { labelValue } from "../../../domain/label-value.ts";
import { backupKeys } from "../../../format/keys.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { type Described, printDescriptions } from "../../print-descriptions.ts";
import { type DescribedBackup, describeBackup } from "../../render/describe-backup.ts";
import { renderDescription } from "../../render/description.ts";
import { backupDescriptionJson } from "../../render/description-json.ts";
import type { Session } from "../../session.ts";
import { surveyBackup } from "../../survey-backup.ts";
import { chosenResources } from "../chosen-resources.ts";
import { type HandedOut, openDownloads } from "../downloads.ts";
import { createFileReader, type FileReader } from "../read-files.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import { asStored, hasEnded } from "../runs.ts";
import type { ServerAccess } from "../server-access.ts";
import { readOwedThaws } from "./owed-thaws.ts";
import { findPreviousResource } from "./previous-backup.ts";

/** Describes the named Backups, or all, with what the server hands out of their files. */
export async function describeBackups(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const backups = resourcesOf(backupKind, server, session.signal);
  const chosen = await chosenResources(backups, { names: args, selector: flags.text("selector") });
  const details = flags.boolean("details") === true;
  const style = { painter: session.out, details };
  const files = createFileReader(session);
  // For all at once it would be a request for each.
  const named = args.length > 0;
  const own = named || details;
  const described: Described[] = [];
  for (const resource of chosen) {
    const backup = asStored<Backup>(resource);
    const one = await gather(session, server, { backup, details, own, named, files });
    const attempts = await deletionAttempts(session, server, backup);
    described.push({
      json: {
        ...(backupDescriptionJson(one) as object),
        ...(attempts.length > 0 && { deletionAttempts: attempts }),
      },
      text: () => [describeBackup(one, style), ...attemptLines(attempts)].join("\n"),
    });
  }
  await printDescriptions(session.invocation, "backup", described, {
    location: placeOf(server),
    style,
  });
  return exitStatus.done;
}

interface Gathering {
  readonly backup: Backup;
  readonly details: boolean;
  /** Whether what only ark-ts writes is fetched too. */
  readonly own: boolean;
  /** Whether it was named, and is compared with the one before. */
  readonly named: boolean;
  readonly files: FileReader;
}

async function gather(
  session: Session,
  server: ServerAccess,
  { backup, details, own, named, files }: Gathering,
): Promise<DescribedBackup> {
  const { signal } = session;
  const { name } = backup.metadata;
  const location = backup.spec.storageLocation ?? "<none>";
  const { status } = backup;
  const base = { backup, manifest: undefined, location, thaws: [], volumes: undefined };
  const found = (status.errors ?? 0) + (status.warnings ?? 0) > 0;
  // What has not ended has no files yet.
  if (!hasEnded("backup", backup) || status.phase === "FailedValidation") {
    const goesOn = !hasEnded("backup", backup) && { goesOnAt: session.clock.now() };
    return { ...base, ...goesOn, results: undefined, resources: undefined, handedOut: true };
  }
  const keys = backupKeys(name);
  const kinds = new Map<string, HandedOut>([
    [keys.manifest, { own: "manifest" }],
    [keys.volumes, { own: "volumes" }],
    [keys.index, { own: "index" }],
    [keys.versionIndex, { own: "versionIndex" }],
    [keys.results, "BackupResults"],
    [keys.resourceList, "BackupResourceList"],
    [keys.itemOperations, "BackupItemOperations"],
  ]);
  const downloads = await openDownloads(session, server, backup.spec.storageLocation);
  const source = downloads.source(name, kinds);
  const fetched = async <T>(wanted: boolean, what: string, read: () => Promise<T | undefined>) =>
    wanted ? await files.read(`${what} of backup ${name}`, read) : undefined;
  const manifest = await fetched(own, "the manifest", () => readManifestFile(source, name, signal));
  const isOurs = manifest !== undefined;
  const previous = named
    ? (later: OwnRecord) => findPreviousResource(session, server, downloads, later)
    : undefined;
  return {
    ...base,
    ...(isOurs ? { manifest } : { handedOut: true }),
    survey: await fetched(isOurs, "what changed", () =>
      surveyBackup(source, { name, backup, manifest }, { details, previous }, signal),
    ),
    thaws:
      (await fetched(true, "what is owed to pods", () =>
        readOwedThaws(backup, downloads, signal),
      )) ?? [],
    thawPlace: `--mode standalone --storage-location <bucket of location ${location}>`,
    volumes: await fetched(isOurs, "what protects the volumes", () =>
      readVolumes(source, keys.volumes, signal),
    ),
    results: await fetched(found, "the findings", () => readResults(source, keys.results, signal)),
    operations: await fetched(details, "the item operations", () =>
      readItemOperations(source, keys.itemOperations, signal),
    ),
    resources: await fetched(details, "the list of objects", () =>
      readResourceList(source, keys.resourceList, signal),
    ),
  };
}

interface DeletionAttempt {
  readonly name: string;
  readonly created: string | undefined;
  readonly phase: string;
  readonly errors: readonly string[];
}

async function deletionAttempts(
  { signal }: Session,
  server: ServerAccess,
  { metadata }: Backup,
): Promise<readonly DeletionAttempt[]> {
  const requests = resourcesOf(deleteBackupRequestKind, server, signal);
  const found: readonly DeleteBackupRequest[] = await requests.list(
    `${labels.backupName}=${labelValue(metadata.name)}`,
  );
  return found.map((request) => ({
    name: request.metadata.name,
    created: request.metadata.creationTimestamp ?? undefined,
    phase: request.status?.phase ?? "New",
    errors: request.status?.errors ?? [],
  }));
}

function attemptLines(attempts: readonly DeletionAttempt[]): readonly string[] {
  if (attempts.length === 0) return [];
  return [
    "",
    renderDescription([
      { text: "Deletion Attempts:" },
      ...attempts.flatMap(({ created, phase, errors }) => [
        { key: created ?? "<unknown>", value: phase, indent: 2 },
        ...(errors.length === 0 ? [] : [{ key: "Errors", value: errors.join("\n"), indent: 2 }]),
      ]),
    ]),
  ];
}
