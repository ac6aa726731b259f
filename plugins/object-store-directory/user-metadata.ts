import { lstat, readFile } from "node:fs/promises";
import { removeFile, replaceFile } from "./durable-files.ts";
import { isAbsent } from "./errors.ts";
import { infoPathOfKey, type Layout } from "./layout.ts";

/** What a completed upload keeps beside its object. */
export interface ObjectNote {
  readonly uploadId: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface NoteFile extends ObjectNote {
  readonly key: string;
  /** Size and time of the file it speaks of: a note of an older object under the key is ignored. */
  readonly identity: string;
}

/** To be called before the file gets its name: moving it does not change its identity. */
export async function writeNote(
  layout: Layout,
  key: string,
  file: string,
  note: ObjectNote & { readonly temporaryName: string },
): Promise<void> {
  const { uploadId, metadata, temporaryName } = note;
  const text: NoteFile = { key, identity: await identityOf(file), uploadId, metadata };
  await replaceFile(infoPathOfKey(layout, key), Buffer.from(JSON.stringify(text)), {
    folder: layout.temporary,
    name: temporaryName,
  });
}

/** undefined when the object at `path` was not made by an upload. */
export async function readNote(
  layout: Layout,
  key: string,
  path: string,
): Promise<ObjectNote | undefined> {
  try {
    const text = await readFile(infoPathOfKey(layout, key), "utf8");
    const note: unknown = JSON.parse(text);
    if (!isNoteFile(note) || note.key !== key) return undefined;
    return note.identity === (await identityOf(path)) ? note : undefined;
  } catch (thrown) {
    if (isAbsent(thrown) || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

export async function removeNote(layout: Layout, key: string): Promise<void> {
  await removeFile(infoPathOfKey(layout, key));
}

async function identityOf(path: string): Promise<string> {
  const { size, mtimeNs } = await lstat(path, { bigint: true });
  return `${size}:${mtimeNs}`;
}

function isNoteFile(value: unknown): value is NoteFile {
  if (typeof value !== "object" || value === null) return false;
  const { key, identity, uploadId, metadata } = value as Partial<Record<keyof NoteFile, unknown>>;
  return (
    typeof key === "string" &&
    typeof identity === "string" &&
    typeof uploadId === "string" &&
    isStringRecord(metadata)
  );
}

export function isStringRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((entry) => typeof entry === "string");
}
