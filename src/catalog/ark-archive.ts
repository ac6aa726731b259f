import { inflateMember } from "../format/gzip-member.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { Manifest, ManifestMember } from "../format/manifest.ts";
import { sha256 } from "../format/normal-form.ts";
import { salvageMember } from "../format/salvage-member.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { damagedBackup, describeLine } from "./damage.ts";
import type { BackupEntry, BackupObjects, OnDamaged, OpenedBackup } from "./opened-backup.ts";
import { createRangeReader, type RangeReader } from "./range-reader.ts";
import { type ArkArchive, locateMembers, memberOf, readIndex, readIndexes } from "./read-index.ts";

/** Members read and inflated at once, about 8 MiB each, while the one before is worked on. */
const membersInFlight = 2;

/**
 * Reads a backup by its manifest and index: one range read for each member that is needed. Of a
 * damaged member the objects that still match their hashes are read all the same.
 */
export function openArkArchive(
  store: ObjectStore,
  manifest: Manifest,
): BackupObjects & Pick<OpenedBackup, "everyVersion"> {
  const archive = locateMembers(store, manifest);
  return {
    ...readObjects(archive, readIndex),
    everyVersion: () => readObjects(archive, readIndexes),
  };
}

type ReadLines = (archive: ArkArchive, signal: AbortSignal) => AsyncIterable<IndexLine>;

function readObjects(archive: ArkArchive, readLines: ReadLines): BackupObjects {
  const { store, manifest } = archive;
  return {
    index: (signal) => readLines(archive, signal),
    async read(line, signal) {
      const reader = createRangeReader(store, manifest.archive.key, signal);
      try {
        const member = await readMember(archive, memberOf(archive, line), reader, signal);
        return checkedBody(archive, line, member);
      } finally {
        await reader.close();
      }
    },
    entries: (wanted, signal, onDamaged) =>
      readEntries(
        archive,
        groupByMember(archive, readLines(archive, signal), wanted),
        signal,
        onDamaged,
      ),
    notes: () => [],
  };
}

/** The wanted lines of one member. */
interface MemberLines {
  readonly member: ManifestMember;
  readonly lines: IndexLine[];
}

async function* groupByMember(
  archive: ArkArchive,
  lines: AsyncIterable<IndexLine>,
  wanted: (line: IndexLine) => boolean,
): AsyncGenerator<MemberLines> {
  let group: MemberLines | undefined;
  for await (const line of lines) {
    if (!wanted(line)) continue;
    if (group !== undefined && group.member.offset !== line.at[0]) {
      yield group;
      group = undefined;
    }
    group ??= { member: memberOf(archive, line), lines: [] };
    group.lines.push(line);
  }
  if (group !== undefined) yield group;
}

async function* readEntries(
  archive: ArkArchive,
  groups: AsyncIterable<MemberLines>,
  signal: AbortSignal,
  onDamaged: OnDamaged | undefined,
): AsyncGenerator<BackupEntry> {
  const reader = createRangeReader(archive.store, archive.manifest.archive.key, signal);
  const inflated = mapInOrder(groups, membersInFlight, async ({ member, lines }) => ({
    lines,
    content: await readMember(archive, member, reader, signal),
  }));
  try {
    yield* checkedEntries(archive, inflated, onDamaged);
  } finally {
    await reader.close();
  }
}

async function* checkedEntries(
  archive: ArkArchive,
  inflated: AsyncIterable<{ readonly lines: readonly IndexLine[]; readonly content: MemberBytes }>,
  onDamaged: OnDamaged | undefined,
): AsyncGenerator<BackupEntry> {
  for await (const { lines, content } of inflated) {
    if (content.damage !== undefined && onDamaged === undefined) throw content.damage;
    for (const line of lines) {
      try {
        yield { line, bytes: checkedBody(archive, line, content) };
      } catch (thrown) {
        if (onDamaged === undefined || !hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
        onDamaged(line, thrown);
      }
    }
  }
}

interface MemberBytes {
  readonly bytes: Buffer;
  /** Set when `bytes` are only what could be saved of a damaged member. */
  readonly damage?: ArkError;
}

async function readMember(
  archive: ArkArchive,
  member: ManifestMember,
  reader: RangeReader,
  signal: AbortSignal,
): Promise<MemberBytes> {
  const { offset, sizeBytes, inflatedBytes } = member;
  const compressed = await reader.read({ offset, length: sizeBytes });
  signal.throwIfAborted();
  const place = `bytes ${offset} to ${offset + sizeBytes} of its archive`;
  if (compressed.length < sizeBytes) {
    const damage = damagedBackup(archive.name, `${place} are missing, all or in part`);
    return { bytes: await salvageMember(compressed, inflatedBytes), damage };
  }
  try {
    return { bytes: await inflateMember(compressed, inflatedBytes) };
  } catch (thrown) {
    const damage = damagedBackup(archive.name, `${place} cannot be inflated`, thrown);
    return { bytes: await salvageMember(compressed, inflatedBytes), damage };
  }
}

/** Errors: ARK_BACKUP_DAMAGED, that of the member where there is one. */
function checkedBody(archive: ArkArchive, line: IndexLine, member: MemberBytes): Buffer {
  const [, , bodyOffset, bodyBytes] = line.at;
  const bytes = member.bytes.subarray(bodyOffset, bodyOffset + bodyBytes);
  if (bytes.length === bodyBytes && sha256(bytes) === line.sha256) return bytes;
  throw (
    member.damage ??
    damagedBackup(archive.name, `the bytes of ${describeLine(line)} differ from its index`)
  );
}
