import { lstat } from "node:fs/promises";
import {
  ArkError,
  cutRange,
  type GetOptions,
  type ObjectInfo,
  type StoredBody,
} from "../../src/plugin-sdk/object-store.ts";
import { openForRead } from "./durable-files.ts";
import { isAbsent, notFound, toStoreError } from "./errors.ts";
import { hasOwnFolder, type Layout, pathOfKey } from "./layout.ts";
import { readNote } from "./user-metadata.ts";

/** Large enough that a read costs more than its call, small beside a part. */
const chunkBytes = 256 * 1024;

type File = Awaited<ReturnType<typeof openForRead>>;

export async function readObject(
  layout: Layout,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredBody> {
  const file = await openObject(layout, key);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw notFound(key, layout.root);
    const part = cutRange(key, range, found.size);
    const { offset, length } = part;
    return { sizeBytes: length, body: chunks({ layout, key, file, offset, length }, signal) };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

export async function statObject(layout: Layout, key: string): Promise<ObjectInfo | undefined> {
  const path = pathOfKey(layout, key);
  if (!(await hasOwnFolder(layout, path))) return undefined;
  try {
    const found = await lstat(path);
    if (!found.isFile()) return undefined;
    const metadata = (await readNote(layout, key, path))?.metadata ?? {};
    return { key, sizeBytes: found.size, modifiedAt: new Date(found.mtimeMs), metadata };
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

async function openObject(layout: Layout, key: string): Promise<File> {
  const path = pathOfKey(layout, key);
  if (!(await hasOwnFolder(layout, path))) throw notFound(key, layout.root);
  try {
    return await openForRead(path);
  } catch (thrown) {
    throw isAbsent(thrown) ? notFound(key, layout.root) : thrown;
  }
}

interface OpenPart {
  readonly layout: Layout;
  readonly key: string;
  readonly file: File;
  readonly offset: number;
  readonly length: number;
}

async function* chunks(part: OpenPart, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { layout, key, file, offset, length } = part;
  try {
    let done = 0;
    while (done < length) {
      signal.throwIfAborted();
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, length - done));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, offset + done);
      if (bytesRead === 0) throw endedEarly(key, done, length);
      done += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } catch (thrown) {
    throw toStoreError(thrown, { verb: "read", key, root: layout.root });
  } finally {
    await file.close();
  }
}

function endedEarly(key: string, done: number, length: number): ArkError {
  return new ArkError("ARK_STORE_FAILED", `the body of ${JSON.stringify(key)} ended early`, {
    answer: `${done} of ${length} bytes came; the file was cut while it was read`,
  });
}
