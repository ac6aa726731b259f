import type { Manifest } from "../../../format/manifest.ts";
import { hasCode } from "../../../lib/errors.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { saveArchive } from "../../save-archive.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";

/** Fetches the archive, compares its hash where the manifest has one, and only then names it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: downloadStored,
    server: async (session, server) =>
      await (await import("../../server-mode/backup/download.ts")).downloadBackup(session, server),
  });
}

async function downloadStored(session: Session): Promise<ExitStatus> {
  const { args, flags } = session.invocation;
  const name = args[0] ?? "";
  const { store } = await openChosenLocation(session, "read-store");
  const damages: string[] = [];
  const allowed = flags.boolean("allow-damaged") === true ? damages : undefined;
  const manifest = await manifestOf(store, name, allowed, session.signal);
  const { getArchive } = await import("../../../catalog/get-archive.ts");
  const stored = await getArchive(store, name, { signal: session.signal });
  const expected = manifest?.archive.sha256;
  const fetched = { name, stored, expected, damages: allowed };
  await saveArchive(session, fetched);
  return concluded(session, damages);
}

/** Partially failed where something is damaged, each on a line of its own. */
function concluded(session: Session, damages: readonly string[]): ExitStatus {
  for (const damage of damages) session.note(`damaged: ${damage}`);
  return damages.length === 0 ? exitStatus.done : exitStatus.partiallyFailed;
}

/** Undefined where there is none; damage goes to `damages`, or is thrown where that is undefined. */
async function manifestOf(
  store: ObjectStore,
  name: string,
  damages: string[] | undefined,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const { readBackupRecord } = await import("../../../catalog/open-backup.ts");
  try {
    return (await readBackupRecord(store, name, signal)).manifest;
  } catch (thrown) {
    const isDamage = hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT");
    if (damages === undefined || !isDamage) throw thrown;
    damages.push(thrown.message);
    return undefined;
  }
}
