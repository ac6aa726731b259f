import { type Backup, backupKind } from "../../../api/backup.ts";
import { readManifestFile } from "../../../catalog/open-backup.ts";
import {
  earlierOnes,
  type OwnRecord,
  type PreviousBackup,
} from "../../../catalog/previous-backup.ts";
import { backupKeys } from "../../../format/keys.ts";
import { hasCode } from "../../../lib/errors.ts";
import type { Session } from "../../session.ts";
import type { Downloads, HandedOut } from "../downloads.ts";
import { resourcesOf } from "../resources.ts";
import { asStored } from "../runs.ts";
import type { ServerAccess } from "../server-access.ts";

/** Phases of what is sealed. */
const sealed: readonly (string | undefined)[] = ["Completed", "PartiallyFailed"];

/**
 * The newest Backup before this one, in the same location, of the same cluster and selection, by the
 * Backups that the server has; undefined where there is none. Errors: those of the server and of
 * downloads, but for files that are missing or damaged.
 */
export async function findPreviousResource(
  { signal }: Session,
  server: ServerAccess,
  downloads: Downloads,
  later: OwnRecord,
): Promise<PreviousBackup | undefined> {
  const { storageLocation } = later.backup.spec;
  const all = await resourcesOf(backupKind, server, signal).list("");
  const candidates = all
    .map((one) => asStored<Backup>(one))
    .filter(({ spec, status }) => {
      return spec.storageLocation === storageLocation && sealed.includes(status.phase);
    });
  const passedOver: string[] = [];
  for (const name of earlierOnes(later.backup, candidates)) {
    const backup = candidates.find(({ metadata }) => metadata.name === name);
    const { manifest: key, index } = backupKeys(name);
    const files = new Map<string, HandedOut>([
      [key, { own: "manifest" }],
      [index, { own: "index" }],
    ]);
    const source = downloads.source(name, files);
    try {
      const manifest = await readManifestFile(source, name, signal);
      if (backup === undefined || manifest === undefined) continue;
      if (manifest.cluster.id !== later.manifest.cluster.id) continue;
      return { record: { name, backup, manifest }, source, passedOver };
    } catch (thrown) {
      const isBad = hasCode(thrown, "ARK_BACKUP_FORMAT") || hasCode(thrown, "ARK_BACKUP_DAMAGED");
      if (!isBad) throw thrown;
      passedOver.push(name);
    }
  }
  return undefined;
}
