import type { OwnRecord } from "../../../catalog/previous-backup.ts";
import type { StoredThaw } from "../../../catalog/thaw-records.ts";
import { backupKeys } from "../../../format/keys.ts";
import { hasCode } from "../../../lib/errors.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import { collectBackups } from "../../collect-backups.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import {
  type Described,
  type DescribeRequest,
  printDescriptions,
} from "../../print-descriptions.ts";
import { openChosenLocation } from "../../reading.ts";
import { type DescribedBackup, describeBackup } from "../../render/describe-backup.ts";
import {
  debtJson,
  describeDebt,
  describeRun,
  runDescriptionJson,
} from "../../render/describe-run.ts";
import { backupDescriptionJson } from "../../render/description-json.ts";
import { livenessCheck } from "../../run-owner.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Describes the named backups, or all; one at a time. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: describeStored,
    server: async (session, server) =>
      await (await import("../../server-mode/backup/describe.ts")).describeBackups(session, server),
  });
}

async function describeStored(session: Session): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const { signal } = session;
  const details = flags.boolean("details") === true;
  const { location, store } = await openChosenLocation(session, "read-store");
  const selector = flags.text("selector");
  const found = await namesOf(store, args, selector, signal);
  // To compare means reading two indexes: too much for a whole location.
  const changes = args.length > 0;
  const request = { location: location.name, style: { painter: session.out, details } };
  const { listThaws } = await import("../../../catalog/thaw-records.ts");
  const { thaws, unreadable } = await listThaws(store, signal);
  for (const { message } of unreadable) session.note(message);
  const owing = thaws.map(({ record }) => record.backup);
  const wantsAll = args.length === 0 && selector === undefined;
  const names = wantsAll ? [...new Set([...found, ...owing])] : found;
  const described: Described[] = [];
  for (const name of names) {
    const owed = thaws.filter(({ record }) => record.backup === name);
    described.push(await describedOf(store, name, { ...request, thaws: owed, changes }, signal));
  }
  await printDescriptions(session.invocation, "backup", described, request);
  return exitStatus.done;
}

interface Wanted {
  /** Whether to compare with the backup before. */
  readonly changes: boolean;
  readonly thaws: readonly StoredThaw[];
}

/** A backup, or what is left of a run that sealed none. Errors: ARK_BACKUP_NOT_FOUND. */
async function describedOf(
  store: ObjectStore,
  name: string,
  { location, style, thaws, changes }: DescribeRequest & Wanted,
  signal: AbortSignal,
): Promise<Described> {
  try {
    const { details } = style;
    const backup = await gather(store, name, { location, details, thaws, changes }, signal);
    return { json: backupDescriptionJson(backup), text: () => describeBackup(backup, style) };
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_BACKUP_NOT_FOUND")) throw thrown;
    const { readUnsealed } = await import("../../../catalog/unsealed-backup.ts");
    const run = await readUnsealed(store, name, { signal, liveness: await livenessCheck() });
    const place = { location, thaws };
    if (run === undefined) {
      if (thaws.length === 0) throw thrown;
      return { json: debtJson(name, place), text: () => describeDebt(name, place, style) };
    }
    return {
      json: runDescriptionJson(run, place),
      text: () => describeRun(run, place, style),
    };
  }
}

async function namesOf(
  store: ObjectStore,
  args: readonly string[],
  selector: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (args.length > 0 && selector === undefined) return args;
  const listings = await collectBackups(store, { names: args, selector }, signal);
  return listings.flatMap(({ name, state }) => (state === "unreadable" ? [] : [name]));
}

async function gather(
  store: ObjectStore,
  name: string,
  wanted: Wanted & { readonly location: string; readonly details: boolean },
  signal: AbortSignal,
): Promise<DescribedBackup> {
  const { readBackupRecord } = await import("../../../catalog/open-backup.ts");
  const sideFiles = await import("../../../catalog/read-side-file.ts");
  const { surveyBackup } = await import("../../survey-backup.ts");
  const { findPreviousBackup } = await import("../../../catalog/previous-backup.ts");
  const { location, details, thaws } = wanted;
  const previous = wanted.changes
    ? (later: OwnRecord) => findPreviousBackup(store, later, signal)
    : undefined;
  const record = await readBackupRecord(store, name, signal);
  const { backup, manifest } = record;
  const keys = backupKeys(name);
  return {
    backup,
    manifest,
    location,
    thaws,
    survey: await surveyBackup(store, record, { details, previous }, signal),
    results: await sideFiles.readResults(store, keys.results, signal),
    volumes: await sideFiles.readVolumes(store, keys.volumes, signal),
    operations: details
      ? await sideFiles.readItemOperations(store, keys.itemOperations, signal)
      : undefined,
    resources: details
      ? await sideFiles.readResourceList(store, keys.resourceList, signal)
      : undefined,
  };
}
