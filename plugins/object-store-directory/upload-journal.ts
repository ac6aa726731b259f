import { constants } from "node:fs";
import { open, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { fileMode } from "./durable-files.ts";

/** Where the bytes of one part lie. */
export interface StoredPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly tag: string;
  /** `data`, the file that becomes the object, or a file of the part's own. */
  readonly file: string;
  readonly offset: number;
}

export const dataFile = "data";

/**
 * `parts.ndjson`: one line per event; for each number the last line counts. A line is written
 * after the bytes it speaks of are on the disk, so that what it says is true after a crash.
 */
export async function appendPart(folder: string, part: StoredPart): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
  const journal = await open(join(folder, journalFile), flags, fileMode);
  try {
    await journal.writeFile(`${JSON.stringify(part)}\n`);
    await journal.sync();
  } finally {
    await journal.close();
  }
}

export const journalFile = "parts.ndjson";

export interface Journal {
  readonly parts: Map<number, StoredPart>;
  readonly lineCount: number;
}

/** A line that a crash cut off is removed, so that the next one stands alone. */
export async function openJournal(folder: string): Promise<Journal> {
  const path = join(folder, journalFile);
  const text = await readFile(path, "utf8");
  const parts = new Map<number, StoredPart>();
  let lineCount = 0;
  let wholeBytes = 0;
  // What follows the last line end is not a line.
  for (const line of text.split("\n").slice(0, -1)) {
    const part = parsePart(line);
    if (part === undefined) break;
    parts.set(part.number, part);
    lineCount += 1;
    wholeBytes += Buffer.byteLength(line) + 1;
  }
  if (wholeBytes < Buffer.byteLength(text)) await truncate(path, wholeBytes);
  return { parts, lineCount };
}

function parsePart(line: string): StoredPart | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isStoredPart(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStoredPart(value: unknown): value is StoredPart {
  if (typeof value !== "object" || value === null) return false;
  const part = value as Partial<Record<keyof StoredPart, unknown>>;
  return (
    Number.isSafeInteger(part.number) &&
    Number.isSafeInteger(part.sizeBytes) &&
    Number.isSafeInteger(part.offset) &&
    typeof part.tag === "string" &&
    typeof part.file === "string" &&
    /^(?:data|\d+-\d+\.part)$/.test(part.file)
  );
}
