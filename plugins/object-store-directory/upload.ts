import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  assertPartNumber,
  orderReceipts,
  type PartReceipt,
  type Upload,
  type UploadOptions,
} from "../../src/plugin-sdk/object-store.ts";
import {
  exists,
  folderMode,
  makeFolders,
  placeFile,
  syncFolder,
  writeNewFile,
} from "./durable-files.ts";
import { errnoOf, isAbsent, uploadGone } from "./errors.ts";
import { hasOwnFolder, type Layout, pathOfKey } from "./layout.ts";
import { dataFile, journalFile } from "./upload-journal.ts";
import { openParts, type UploadParts } from "./upload-parts.ts";
import { isStringRecord, readNote, writeNote } from "./user-metadata.ts";

export const maxParts = 100_000;

/** What an upload needs of its store. */
export interface UploadHome {
  readonly layout: Layout;
  readonly uuid: () => string;
  readonly temporaryName: () => string;
  /** Runs one call: honours its signal, translates its errors. */
  readonly run: <Result>(
    verb: string,
    key: string,
    signal: AbortSignal,
    act: () => Promise<Result>,
  ) => Promise<Result>;
}

interface Begun {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const headerFile = "upload.json";

export async function beginUpload(
  home: UploadHome,
  key: string,
  { metadata }: UploadOptions,
): Promise<Upload> {
  await hasOwnFolder(home.layout, pathOfKey(home.layout, key));
  const uploadId = home.uuid();
  const folder = join(home.layout.uploads, uploadId);
  const begun: Begun = { key, metadata };
  await makeFolders(home.layout.uploads);
  await mkdir(folder, folderMode);
  await writeNewFile(join(folder, dataFile), new Uint8Array());
  await writeNewFile(join(folder, journalFile), new Uint8Array());
  await writeNewFile(join(folder, headerFile), Buffer.from(JSON.stringify(begun)));
  await syncFolder(folder);
  await syncFolder(home.layout.uploads);
  const parts = await openParts(folder);
  if (parts === undefined) throw uploadGone(key, home.layout.root);
  return createUpload(home, { uploadId, folder, begun, parts });
}

/** undefined when the upload is unknown, another key's, completed, aborted or damaged. */
export async function findUpload(
  home: UploadHome,
  key: string,
  uploadId: string,
): Promise<Upload | undefined> {
  pathOfKey(home.layout, key);
  if (!/^[0-9a-f-]{1,64}$/.test(uploadId)) return undefined;
  const folder = join(home.layout.uploads, uploadId);
  try {
    const begun: unknown = JSON.parse(await readFile(join(folder, headerFile), "utf8"));
    if (!isBegun(begun) || begun.key !== key) return undefined;
    if (!(await exists(join(folder, dataFile)))) return undefined;
    const parts = await openParts(folder);
    return parts && createUpload(home, { uploadId, folder, begun, parts });
  } catch (thrown) {
    if (isAbsent(thrown) || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function isBegun(value: unknown): value is Begun {
  if (typeof value !== "object" || value === null) return false;
  const { key, metadata } = value as Partial<Record<keyof Begun, unknown>>;
  return typeof key === "string" && isStringRecord(metadata);
}

interface OpenUpload {
  readonly uploadId: string;
  readonly folder: string;
  readonly begun: Begun;
  readonly parts: UploadParts;
}

function createUpload(home: UploadHome, open: OpenUpload): Upload {
  const { key } = open.begun;
  const inTurn = createQueue();
  const call = <Result>(verb: string, signal: AbortSignal, act: () => Promise<Result>) =>
    inTurn(() => home.run(verb, key, signal, act));
  return {
    uploadId: open.uploadId,
    async putPart(number, body, { signal }) {
      assertPartNumber(key, number, maxParts);
      return call(`write part ${number} of`, signal, () =>
        open.parts.add(number, body).catch((thrown: unknown) => {
          throw errnoOf(thrown) === "ENOENT" ? uploadGone(key, home.layout.root) : thrown;
        }),
      );
    },
    async complete(parts, { signal }) {
      const receipts = orderReceipts(key, parts);
      await call("complete", signal, () => completeUpload(home, open, receipts));
    },
    async abort({ signal }) {
      await call("abort the upload of", signal, () =>
        rm(open.folder, { recursive: true, force: true }),
      );
    },
  };
}

async function completeUpload(
  home: UploadHome,
  open: OpenUpload,
  receipts: readonly PartReceipt[],
): Promise<void> {
  const { layout } = home;
  const { key, metadata } = open.begun;
  const target = pathOfKey(layout, key);
  if (!(await exists(join(open.folder, dataFile)))) {
    const note = await readNote(layout, key, target);
    if (note?.uploadId !== open.uploadId) throw uploadGone(key, layout.root);
  } else {
    const source = await open.parts.seal(receipts);
    await hasOwnFolder(layout, target);
    const { uploadId } = open;
    await writeNote(layout, key, source, {
      uploadId,
      metadata,
      temporaryName: home.temporaryName(),
    });
    await placeFile(source, target, false);
  }
  await rm(open.folder, { recursive: true, force: true });
}

/** Runs one act at a time, in the order asked; a failed one does not stop the next. */
function createQueue(): <Result>(act: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const result = last.then(act, act);
    last = result.catch(() => undefined);
    return result;
  };
}
