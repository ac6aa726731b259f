import { inflateMember } from "../format/gzip-member.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { Manifest, ManifestMember } from "../format/manifest.ts";
import { sha256 } from "../format/normal-form.ts";
import { type ArkError, hasCode } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { damagedBackup, describeLine } from "./damage.ts";
import type { BackupEntry, OnDamaged, OpenedBackup } from "./opened-backup.ts";
import { type ArkArchive, locateMembers, memberOf, readIndex } from "./read-index.ts";
import { readStoredRange } from "./read-stored.ts";

/** Members read and inflated ahead of the reader, about 8 MiB each. */
const membersInFlight = 4;

/** Reads a backup by its manifest and index: one range read for each member that is needed. */
export function openArkArchive(
  store: ObjectStore,
  manifest: Manifest,
): Pick<OpenedBackup, "index" | "read" | "entries" | "notes"> {
  const archive = locateMembers(store, manifest);
  return {
    index: (signal) => readIndex(archive, signal),
    async read(line, signal) {
      const inflated = await readMember(archive, memberOf(archive, line), signal);
      return checkedBody(archive, line, inflated);
    },
    entries: (wanted, signal, onDamaged) =>
      readEntries(archive, groupByMember(archive, wanted, signal), signal, onDamaged),
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
  wanted: (line: IndexLine) => boolean,
  signal: AbortSignal,
): AsyncGenerator<MemberLines> {
  let group: MemberLines | undefined;
  for await (const line of readIndex(archive, signal)) {
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
  const inflated = mapInOrder(groups, membersInFlight, async ({ member, lines }) => ({
    lines,
    content: await readMember(archive, member, signal).catch(damageOnly),
  }));
  for await (const { lines, content } of inflated) {
    for (const line of lines) {
      try {
        if (!Buffer.isBuffer(content)) throw content;
        yield { line, bytes: checkedBody(archive, line, content) };
      } catch (thrown) {
        const damage = damageOnly(thrown);
        if (onDamaged === undefined) throw damage;
        onDamaged(line, damage);
      }
    }
  }
}

/** Lets damage through as a value; everything else, a store that fails included, is thrown. */
function damageOnly(thrown: unknown): ArkError {
  if (hasCode(thrown, "ARK_BACKUP_DAMAGED")) return thrown;
  throw thrown;
}

async function readMember(
  archive: ArkArchive,
  member: ManifestMember,
  signal: AbortSignal,
): Promise<Buffer> {
  const range = { offset: member.offset, length: member.sizeBytes };
  const key = archive.manifest.archive.key;
  const compressed = await readStoredRange(archive.store, key, range, signal);
  signal.throwIfAborted();
  try {
    return await inflateMember(compressed, member.inflatedBytes);
  } catch (thrown) {
    const place = `bytes ${member.offset} to ${member.offset + member.sizeBytes} of its archive`;
    throw damagedBackup(archive.name, `${place} cannot be inflated`, thrown);
  }
}

function checkedBody(archive: ArkArchive, line: IndexLine, inflated: Buffer): Buffer {
  const [, , bodyOffset, bodyBytes] = line.at;
  const bytes = inflated.subarray(bodyOffset, bodyOffset + bodyBytes);
  if (bytes.length === bodyBytes && sha256(bytes) === line.sha256) return bytes;
  throw damagedBackup(archive.name, `the bytes of ${describeLine(line)} differ from its index`);
}
