import type { IndexLine } from "../format/index-line.ts";
import type { Manifest, ManifestKind } from "../format/manifest.ts";
import { ArkError } from "../lib/errors.ts";
import type { FingerprintTable } from "../lib/fingerprint-table.ts";
import {
  createNameBudget,
  type NameBounds,
  type NameBudget,
  type NamedObjects,
  type NameList,
} from "./bounded-names.ts";
import { fingerprintsOf, placeKey } from "./match-objects.ts";
import { type IndexedArchive, readIndex } from "./read-index.ts";

export interface KindChanges {
  readonly resource: string;
  readonly added: NamedObjects;
  readonly removed: NamedObjects;
  /** Objects whose normalised form differs. */
  readonly changed: NamedObjects;
  readonly unchanged: number;
  /** Why these counts say less than they seem to. */
  readonly note?: string;
}

/** What is different in the newer of two backups. */
export interface BackupChanges {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Kinds in which something is different, or of which there is a note; sorted by name. */
  readonly kinds: readonly KindChanges[];
}

/** Above this the table of fingerprints would outgrow its budget (about 450 MiB). */
const maxObjects = 20_000_000;

/**
 * Compares two backups by their indexes alone. The older one's objects are kept as 16 bytes each
 * (see `FingerprintTable`), so a million cost 32 MiB; it is read again for the names of what is
 * gone. Errors: ARK_BACKUP_DAMAGED; those of the store.
 */
export async function compareBackups(
  older: IndexedArchive,
  newer: IndexedArchive,
  bounds: NameBounds,
  signal: AbortSignal,
): Promise<BackupChanges> {
  refuseTooMany(older.manifest);
  const table = await fingerprintsOf(keyed(readIndex(older, signal)));
  const tally = createTally(createNameBudget(bounds));
  for await (const line of readIndex(newer, signal)) {
    const found = table.take(placeKey(line), line.normalSha256);
    const kind = tally.of(line.resource);
    if (found === "absent") kind.added.add(line);
    else if (found === "different") kind.changed.add(line);
    else kind.unchanged += 1;
  }
  countRemoved(tally, older.manifest);
  if (table.size > 0) await nameRemoved(older, table, tally, signal);
  return summarise(tally, older.manifest, newer.manifest);
}

function refuseTooMany({ backup, kinds }: Manifest): void {
  const total = kinds.reduce((sum, kind) => sum + kind.count, 0);
  if (total <= maxObjects) return;
  throw new ArkError(
    "ARK_BACKUP_FORMAT",
    `backup "${backup}" has ${total} objects: more than ${maxObjects} are not compared`,
  );
}

async function* keyed(lines: AsyncIterable<IndexLine>) {
  for await (const line of lines) {
    yield { key: placeKey(line), normalSha256: line.normalSha256 };
  }
}

interface KindTally {
  readonly added: NameList;
  readonly removed: NameList;
  readonly changed: NameList;
  unchanged: number;
}

interface Tally {
  of(resource: string): KindTally;
  readonly kinds: ReadonlyMap<string, KindTally>;
}

function createTally(budget: NameBudget): Tally {
  const kinds = new Map<string, KindTally>();
  return {
    kinds,
    of(resource) {
      const known = kinds.get(resource);
      if (known !== undefined) return known;
      const made = {
        added: budget.list(),
        removed: budget.list(),
        changed: budget.list(),
        unchanged: 0,
      };
      kinds.set(resource, made);
      return made;
    },
  };
}

/** What the older one had of a kind and the newer one did not meet. */
function countRemoved(tally: Tally, older: Manifest): void {
  for (const { resource, count } of older.kinds) {
    const kind = tally.of(resource);
    kind.removed.setCount(count - kind.changed.count - kind.unchanged);
  }
}

async function nameRemoved(
  older: IndexedArchive,
  table: FingerprintTable,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const open = new Set(
    [...tally.kinds].flatMap(([name, { removed }]) => (removed.count > 0 ? [name] : [])),
  );
  for await (const line of readIndex(older, signal)) {
    if (!open.has(line.resource) || !table.has(placeKey(line))) continue;
    const { removed } = tally.of(line.resource);
    if (!removed.name(line) || removed.names.length === removed.count) open.delete(line.resource);
    if (open.size === 0) return;
  }
}

function summarise(tally: Tally, older: Manifest, newer: Manifest): BackupChanges {
  const before = new Map(older.kinds.map((kind) => [kind.resource, kind]));
  const after = new Map(newer.kinds.map((kind) => [kind.resource, kind]));
  const kinds: KindChanges[] = [];
  const total = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  for (const [resource, kind] of [...tally.kinds].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { added, removed, changed, unchanged } = kind;
    total.added += added.count;
    total.removed += removed.count;
    total.changed += changed.count;
    total.unchanged += unchanged;
    const differs = added.count + removed.count + changed.count > 0;
    const note = differs ? noteOn(before.get(resource), after.get(resource)) : undefined;
    if (differs) kinds.push({ resource, ...kind, ...(note !== undefined && { note }) });
  }
  return { ...total, kinds };
}

function noteOn(
  before: ManifestKind | undefined,
  after: ManifestKind | undefined,
): string | undefined {
  if (before === undefined) return "not listed in the earlier backup";
  if (after === undefined) return "not listed in this backup: its objects need not be gone";
  if (before.version !== after.version)
    return `read as ${before.version} before, as ${after.version} now`;
  const broken = [before, after].find(({ oneRevision, cut }) => !oneRevision && cut === undefined);
  return broken?.reason;
}
