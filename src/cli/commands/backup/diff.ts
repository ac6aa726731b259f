import type { BackupRecord } from "../../../catalog/open-backup.ts";
import type { OwnRecord } from "../../../catalog/previous-backup.ts";
import { locateMembers } from "../../../catalog/read-index.ts";
import { ArkError } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { notesOnBackups } from "../../notes-on-backups.ts";
import { openChosenLocation } from "../../reading.ts";
import { diffJson, diffText } from "../../render/diff-text.ts";
import { printResource } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";
import { fewNames, manyNames } from "../../survey-backup.ts";

/** Tells what is different in the second backup, from the two indexes. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const { signal } = session;
    const details = flags.boolean("details") === true;
    const { store } = await openChosenLocation(session, "read-store");
    const { readBackupRecord } = await import("../../../catalog/open-backup.ts");
    const { compareBackups } = await import("../../../catalog/compare-backups.ts");
    const [from = "", to = ""] = args;
    const older = ownRecord(await readBackupRecord(store, from, signal));
    const newer = ownRecord(await readBackupRecord(store, to, signal));
    const changes = await compareBackups(
      locateMembers(store, older.manifest),
      locateMembers(store, newer.manifest),
      details ? manyNames : fewNames,
      signal,
    );
    const diff = { from, to, changes, notes: notesOnBackups(older, newer, leftOut) };
    await printResource(environment, flags.text("output"), {
      value: diffJson(diff),
      table: () => diffText(diff, { details }),
      names: [],
    });
    return exitStatus.done;
  });
}

const leftOut = "what one of them left out counts as added or removed";

function ownRecord({ manifest, ...record }: BackupRecord): OwnRecord {
  if (manifest !== undefined) return { ...record, manifest };
  throw new ArkError(
    "ARK_BACKUP_FORMAT",
    `cannot compare backup "${record.name}": it was not written by ark-ts and has no index`,
    { advice: `list what it holds with: ark-ts backup ls ${record.name}` },
  );
}
