import { entryPath, parseArchivePath, versionedPath } from "../format/archive-path.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { ManifestMember } from "../format/manifest.ts";
import { readTar, type TarEntry } from "../format/tar-reader.ts";
import { hasCode } from "../lib/errors.ts";
import { describeLine } from "./damage.ts";
import { findObjectProblem } from "./verify-object.ts";
import type { VerifyLevel, VerifyTally } from "./verify-report.ts";

export interface MemberChecks {
  readonly tally: VerifyTally;
  readonly level: VerifyLevel;
  /** The archive, relative to the backup's folder. */
  readonly file: string;
  /** `status.formatVersion` of the backup. */
  readonly formatVersion: string;
  /** False when the index ended early: then an entry without line means nothing. */
  indexIsWhole(): boolean;
}

/** A member's bytes, or why there are none. */
export type MemberContent =
  | { readonly member: ManifestMember; readonly inflated: Buffer }
  | {
      readonly member: ManifestMember;
      readonly problem: string;
      /** See `salvageMember`. */
      readonly salvaged: Buffer;
    };

/** Every line's bytes at its place, and no entry that no line names. */
export async function checkMember(
  checks: MemberChecks,
  content: MemberContent,
  lines: readonly IndexLine[],
  signal: AbortSignal,
): Promise<void> {
  const { tally, file, level } = checks;
  tally.count({ objects: lines.length, bytes: content.member.sizeBytes });
  if ("problem" in content) {
    const { offset, sizeBytes } = content.member;
    const problem = `${content.problem} (bytes ${offset} to ${offset + sizeBytes})`;
    if (lines.length === 0) tally.damage({ file, problem });
    for (const line of lines) {
      const [, , bodyOffset, bodyBytes] = line.at;
      const bytes = content.salvaged.subarray(bodyOffset, bodyOffset + bodyBytes);
      const stillReadable = findObjectProblem(line, bytes, level) === undefined;
      tally.damage({ file, object: describeLine(line), problem, stillReadable });
    }
    return;
  }
  const unnamed = await readPaths(checks, content.inflated, signal);
  for (const line of lines) {
    const [, , bodyOffset, bodyBytes] = line.at;
    const bytes = content.inflated.subarray(bodyOffset, bodyOffset + bodyBytes);
    const path = entryPath(line);
    const problem =
      findObjectProblem(line, bytes, level) ??
      (unnamed !== undefined && unnamed.get(bodyOffset) !== path
        ? `the archive has ${JSON.stringify(unnamed.get(bodyOffset) ?? "nothing")} in its place`
        : undefined);
    unnamed?.delete(bodyOffset);
    if (problem !== undefined) {
      tally.damage({ file, object: describeLine(line), problem, stillReadable: false });
    }
  }
  if (unnamed === undefined || !checks.indexIsWhole()) return;
  for (const path of unnamed.values()) {
    tally.damage({ file, problem: `${JSON.stringify(path)} is not in the index` });
  }
}

/**
 * Paths of the member's objects by body offset; undefined when it is no tar. In format 1.1.0 each
 * object at its plain path has a copy behind it, in the folder of its version, which no index names.
 */
async function readPaths(
  checks: MemberChecks,
  inflated: Buffer,
  signal: AbortSignal,
): Promise<Map<number, string> | undefined> {
  const { tally, file, formatVersion } = checks;
  const hasCopies = formatVersion !== "1.0.0";
  const paths = new Map<number, string>();
  let plain: TarEntry | undefined;
  const expectNoCopy = (): void => {
    if (plain === undefined) return;
    const problem = `${JSON.stringify(plain.path)} has no copy in the folder of its version`;
    tally.damage({ file, problem });
    plain = undefined;
  };
  try {
    for await (const entry of readTar(oneChunk(inflated), { signal, piece: true })) {
      const path = parseArchivePath(entry.path);
      if (path.kind === "version") {
        checkVersion(checks, entry.bytes.toString("utf8").trim());
      } else if (hasCopies && path.kind === "versioned-item" && path.preferred) {
        if (!isCopy(entry, plain)) {
          const problem = `${JSON.stringify(entry.path)} is no copy of the object before it`;
          tally.damage({ file, problem });
        }
        plain = undefined;
      } else {
        expectNoCopy();
        if (hasCopies && path.kind === "item") plain = entry;
        paths.set(entry.bodyOffset, entry.path);
      }
    }
    expectNoCopy();
    return paths;
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_ARCHIVE_INVALID")) throw thrown;
    tally.damage({ file, problem: thrown.message });
    return undefined;
  }
}

function isCopy(entry: TarEntry, plain: TarEntry | undefined): boolean {
  if (plain === undefined || !entry.bytes.equals(plain.bytes)) return false;
  const copy = parseArchivePath(entry.path);
  const of = parseArchivePath(plain.path);
  if (copy.kind !== "versioned-item" || of.kind !== "item") return false;
  return versionedPath({ ...copy, resource: of.resource }, of.namespace, of.name) === entry.path;
}

function checkVersion({ tally, file, formatVersion }: MemberChecks, found: string): void {
  if (found === formatVersion) return;
  const problem = `metadata/version says ${JSON.stringify(found.slice(0, 100))}, the seal ${JSON.stringify(formatVersion)}`;
  tally.damage({ file, problem });
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
