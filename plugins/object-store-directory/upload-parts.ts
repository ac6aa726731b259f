import { constants } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ArkError, type PartReceipt } from "../../src/plugin-sdk/object-store.ts";
import { fileMode, removeFile, writeNewFile } from "./durable-files.ts";
import { appendPart, dataFile, openJournal, type StoredPart } from "./upload-journal.ts";

/**
 * The parts of one open upload. Parts 1 … n lie in `data`, one after another, so that completing
 * is a rename; a part that came before its turn lies in a file of its own and is moved into
 * `data` when its turn comes. One call at a time.
 */
export interface UploadParts {
  add(number: number, body: Uint8Array): Promise<PartReceipt>;
  /** Cuts `data` to exactly these parts and returns its path. Errors: ARK_STORE_FAILED. */
  seal(receipts: readonly PartReceipt[]): Promise<string>;
}

interface State {
  readonly folder: string;
  readonly parts: Map<number, StoredPart>;
  /** Makes tags and file names unique. */
  sequence: number;
}

/** undefined when bytes that were acknowledged are missing. Errors: ENOENT when the upload is gone. */
export async function openParts(folder: string): Promise<UploadParts | undefined> {
  const { parts, lineCount } = await openJournal(folder);
  const state: State = { folder, parts, sequence: lineCount };
  if (!(await holdsData(state))) return undefined;
  await takeOutFrom(state, inOrder(state).count + 1);
  return {
    add: (number, body) => addPart(state, number, body),
    seal: (receipts) => sealParts(state, receipts),
  };
}

async function holdsData(state: State): Promise<boolean> {
  const { size } = await stat(join(state.folder, dataFile));
  return [...state.parts.values()].every(
    (part) => part.file !== dataFile || part.offset + part.sizeBytes <= size,
  );
}

async function addPart(state: State, number: number, body: Uint8Array): Promise<PartReceipt> {
  state.sequence += 1;
  const tag = `${state.sequence}-${crc32(body).toString(16).padStart(8, "0")}`;
  const { count } = inOrder(state);
  if (number === count + 1) {
    const replaced = state.parts.get(number);
    await appendToData(state, { number, tag }, body);
    await dropOwnFile(state, replaced);
  } else {
    const replaced = state.parts.get(number);
    await writeOwnFile(state, { number, tag }, body);
    await dropOwnFile(state, replaced);
    // A part in `data` was sent again: what follows it must move, as its size may differ.
    if (number <= count) await takeOutFrom(state, number + 1);
  }
  await moveIntoData(state);
  return { number, sizeBytes: body.length, tag };
}

async function sealParts(state: State, receipts: readonly PartReceipt[]): Promise<string> {
  for (const receipt of receipts) {
    const part = state.parts.get(receipt.number);
    if (part?.tag === receipt.tag && part.file === dataFile) continue;
    throw new ArkError(
      "ARK_STORE_FAILED",
      `part ${receipt.number} is not the one that was last received`,
      { answer: part === undefined ? "there is no such part" : `the last one has tag ${part.tag}` },
    );
  }
  if (!(await holdsData(state))) {
    throw new ArkError("ARK_STORE_FAILED", "bytes of the upload that were on the disk are gone");
  }
  const path = join(state.folder, dataFile);
  const data = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await data.truncate(receipts.reduce((sum, { number }) => sum + sizeOf(state, number), 0));
    await data.sync();
  } finally {
    await data.close();
  }
  return path;
}

function sizeOf(state: State, number: number): number {
  return state.parts.get(number)?.sizeBytes ?? 0;
}

/** Parts 1 … count lie in `data`, in order, and end at `endOffset`. */
function inOrder(state: State): { readonly count: number; readonly endOffset: number } {
  let count = 0;
  let endOffset = 0;
  for (;;) {
    const next = state.parts.get(count + 1);
    if (next?.file !== dataFile || next.offset !== endOffset) return { count, endOffset };
    count += 1;
    endOffset += next.sizeBytes;
  }
}

type Named = Pick<StoredPart, "number" | "tag">;

async function appendToData(state: State, part: Named, body: Uint8Array): Promise<void> {
  const { endOffset } = inOrder(state);
  const path = join(state.folder, dataFile);
  const data = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW, fileMode);
  try {
    await data.truncate(endOffset);
    await writeAll(data, body, endOffset);
    await data.sync();
  } finally {
    await data.close();
  }
  await note(state, { ...part, sizeBytes: body.length, file: dataFile, offset: endOffset });
}

async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  body: Uint8Array,
  start: number,
): Promise<void> {
  let written = 0;
  while (written < body.length) {
    const { bytesWritten } = await file.write(
      body,
      written,
      body.length - written,
      start + written,
    );
    written += bytesWritten;
  }
}

async function writeOwnFile(state: State, part: Named, body: Uint8Array): Promise<void> {
  state.sequence += 1;
  const file = `${part.number}-${state.sequence}.part`;
  // Left by a crash before its line was written: nothing speaks of it.
  await removeFile(join(state.folder, file));
  await writeNewFile(join(state.folder, file), body);
  await note(state, { ...part, sizeBytes: body.length, file, offset: 0 });
}

async function note(state: State, part: StoredPart): Promise<void> {
  await appendPart(state.folder, part);
  state.parts.set(part.number, part);
}

/** Moves parts of `data` from `first` on into files of their own. */
async function takeOutFrom(state: State, first: number): Promise<void> {
  const inData = [...state.parts.values()].filter(
    (part) => part.number >= first && part.file === dataFile,
  );
  for (const part of inData) await writeOwnFile(state, part, await readPart(state, part));
}

/** Moves parts whose turn has come into `data`. */
async function moveIntoData(state: State): Promise<void> {
  for (;;) {
    const next = state.parts.get(inOrder(state).count + 1);
    if (next === undefined) return;
    await appendToData(state, next, await readPart(state, next));
    await dropOwnFile(state, next);
  }
}

async function dropOwnFile(state: State, part: StoredPart | undefined): Promise<void> {
  if (part !== undefined && part.file !== dataFile) await removeFile(join(state.folder, part.file));
}

async function readPart(state: State, part: StoredPart): Promise<Uint8Array> {
  const path = join(state.folder, part.file);
  if (part.file !== dataFile) return readFile(path);
  const bytes = Buffer.alloc(part.sizeBytes);
  const data = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    let read = 0;
    while (read < bytes.length) {
      const at = part.offset + read;
      const { bytesRead } = await data.read(bytes, read, bytes.length - read, at);
      if (bytesRead === 0) throw truncated(part);
      read += bytesRead;
    }
  } finally {
    await data.close();
  }
  return bytes;
}

function truncated(part: StoredPart): ArkError {
  return new ArkError("ARK_STORE_FAILED", `part ${part.number} of an upload is shorter than noted`);
}
