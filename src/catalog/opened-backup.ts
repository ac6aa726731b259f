import type { Backup } from "../api/backup.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { Manifest } from "../format/manifest.ts";
import type { ArkError } from "../lib/errors.ts";

/** One object of a backup: exactly the bytes that were backed up. */
export interface BackupEntry {
  readonly line: IndexLine;
  readonly bytes: Buffer;
}

/** Called for an object that cannot be read; without it the first damage is thrown. */
export type OnDamaged = (line: DamagedLine, error: ArkError) => void;

/** In a foreign archive an unreadable object is known by its path only. */
export type DamagedLine = Pick<IndexLine, "resource" | "namespace" | "name">;

/** What can be read of a backup. */
export type BackupObjects = Pick<OpenedBackup, "index" | "read" | "entries" | "notes">;

/**
 * A backup that is sealed, for reading. Nothing it answers is trusted more than its hashes;
 * memory is a few members (ours) or one entry (foreign), however large the backup is.
 */
export interface OpenedBackup {
  readonly name: string;
  readonly backup: Backup;
  /** Undefined: not written by ark-ts. */
  readonly manifest: Manifest | undefined;
  /**
   * In archive order. A foreign archive is indexed in one pass: `at` then counts the whole
   * archive as one member, and the same objects in version folders are left out and counted
   * in `notes` (but see `everyVersion`). Errors: ARK_BACKUP_DAMAGED, ARK_ARCHIVE_INVALID; for ours the hash of the whole
   * index is known, and thrown for, only at its end.
   */
  index(signal: AbortSignal): AsyncIterable<IndexLine>;
  /** One object's bytes, checked against its hash. Errors: ARK_BACKUP_DAMAGED. */
  read(line: IndexLine, signal: AbortSignal): Promise<Buffer>;
  /**
   * Bytes of all entries whose line `wanted` accepts, in archive order; reads only their members
   * (ours), or makes one pass (foreign). `wanted` is asked once for each line.
   */
  entries(
    wanted: (line: IndexLine) => boolean,
    signal: AbortSignal,
    onDamaged?: OnDamaged,
  ): AsyncIterable<BackupEntry>;
  /** What passes over the archive have left out so far, one sentence each. */
  notes(): readonly string[];
  /**
   * The same, with the objects in the folders of versions besides the preferred one among them;
   * their lines have `folder`.
   */
  everyVersion(): BackupObjects;
}
