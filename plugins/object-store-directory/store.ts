import { rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  ArkError,
  type Clock,
  type GetOptions,
  type ListEntry,
  type ListOptions,
  type ObjectInfo,
  type ObjectStore,
  type ProbeResult,
  type PutOptions,
  probeObjectStore,
  type StoreCapabilities,
} from "../../src/plugin-sdk/object-store.ts";
import { makeFolders, placeFile, removeFile, syncFolder, writeNewFile } from "./durable-files.ts";
import { errnoOf, isAbsent, toStoreError } from "./errors.ts";
import { createLayout, hasOwnFolder, type Layout, pathOfKey } from "./layout.ts";
import { removeLeftovers } from "./leftovers.ts";
import { listObjects } from "./list-objects.ts";
import { readObject, statObject } from "./read-object.ts";
import { beginUpload, findUpload, maxParts, type UploadHome } from "./upload.ts";
import { removeNote } from "./user-metadata.ts";
import { currentWriter, temporaryName, type Writer } from "./writer-identity.ts";

const capabilities: StoreCapabilities = {
  conditionalPut: true,
  multipart: true,
  rangeReads: true,
  equalParts: false,
  minPartBytes: 1,
  maxParts,
  signedUrls: false,
};

export interface DirectoryStoreOptions {
  /** Absolute; made at the first write. */
  readonly root: string;
  readonly display: string;
  readonly clock: Clock;
}

/** Objects are files of the same name, 0600 in folders of 0700; a write has returned when it is on the disk. */
export function createDirectoryStore(options: DirectoryStoreOptions): ObjectStore {
  const home = createHome(options);
  const { layout, run } = home;
  return {
    capabilities,
    display: options.display,
    put: (key, body, putOptions) =>
      run("write", key, putOptions.signal, () => putObject(home, key, body, putOptions)),
    get: (key, getOptions: GetOptions) =>
      run("read", key, getOptions.signal, () => readObject(layout, key, getOptions)),
    head: (key, { signal }): Promise<ObjectInfo | undefined> =>
      run("look up", key, signal, () => statObject(layout, key)),
    list: (prefix, listOptions) => translated(layout, prefix, listOptions),
    remove: (key, { signal }) => run("remove", key, signal, () => removeObject(layout, key)),
    startUpload: (key, uploadOptions) =>
      run("start an upload of", key, uploadOptions.signal, async () => {
        await home.prepare(uploadOptions.signal);
        return beginUpload(home, key, uploadOptions);
      }),
    resumeUpload: (key, uploadId, { signal }) =>
      run("resume the upload of", key, signal, () => findUpload(home, key, uploadId)),
    async signedUrl() {
      throw new ArkError("ARK_STORE_UNSUPPORTED", `${options.display} has no URLs`);
    },
    async probe({ signal }): Promise<readonly ProbeResult[]> {
      const results = await probeObjectStore(this, options.clock.uuid(), signal);
      const detail = "a directory has no URLs";
      return [...results, { check: "signed URLs", outcome: "not asked", detail }];
    },
    close: async () => undefined,
  };
}

interface Home extends UploadHome {
  /** Once per store, before the first write: makes the root, removes what dead writers left. */
  readonly prepare: (signal: AbortSignal) => Promise<void>;
}

function createHome({ root, clock }: DirectoryStoreOptions): Home {
  const layout = createLayout(root);
  let writer: Writer = { boot: "unknown", pid: process.pid };
  let prepared: Promise<void> | undefined;
  const prepare = async (signal: AbortSignal): Promise<void> => {
    await makeFolders(layout.temporary);
    writer = await currentWriter();
    await removeLeftovers(layout, writer, clock.now(), signal);
  };
  return {
    layout,
    uuid: () => clock.uuid(),
    temporaryName: () => temporaryName(writer, clock.uuid()),
    prepare(signal) {
      prepared ??= prepare(signal).catch((thrown: unknown) => {
        prepared = undefined;
        throw thrown;
      });
      return prepared;
    },
    async run(verb, key, signal, act) {
      signal.throwIfAborted();
      try {
        return await act();
      } catch (thrown) {
        throw toStoreError(thrown, { verb, key, root });
      }
    },
  };
}

async function putObject(
  home: Home,
  key: string,
  body: Uint8Array,
  { ifAbsent, signal }: PutOptions,
): Promise<void> {
  const { layout } = home;
  const target = pathOfKey(layout, key);
  await hasOwnFolder(layout, target);
  await home.prepare(signal);
  const source = join(layout.temporary, home.temporaryName());
  try {
    await writeTemporary(layout, source, body);
    signal.throwIfAborted();
    await placeFile(source, target, ifAbsent === true);
  } catch (thrown) {
    await removeFile(source);
    if (ifAbsent === true && errnoOf(thrown) === "EEXIST") await refuseExisting(layout, key);
    throw thrown;
  }
  if (ifAbsent !== true) await removeNote(layout, key);
}

async function writeTemporary(layout: Layout, path: string, body: Uint8Array): Promise<void> {
  try {
    await writeNewFile(path, body);
  } catch (thrown) {
    if (errnoOf(thrown) !== "ENOENT") throw thrown;
    // Somebody removed the whole directory since the first write.
    await makeFolders(layout.temporary);
    await writeNewFile(path, body);
  }
}

/** Throws ARK_STORE_EXISTS when the name is taken by an object; returns when it is a folder. */
async function refuseExisting(layout: Layout, key: string): Promise<void> {
  if ((await statObject(layout, key)) === undefined) {
    throw new ArkError(
      "ARK_STORE_UNSUPPORTED",
      `cannot write ${JSON.stringify(key)}: a folder of that name is there`,
      { advice: "a folder cannot hold an object and objects below its name; use another name" },
    );
  }
  throw new ArkError(
    "ARK_STORE_EXISTS",
    `the object ${JSON.stringify(key)} exists already in directory ${JSON.stringify(layout.root)}`,
  );
}

async function removeObject(layout: Layout, key: string): Promise<undefined> {
  const path = pathOfKey(layout, key);
  if (!(await hasOwnFolder(layout, path))) return;
  if ((await statObject(layout, key)) === undefined) return;
  await removeFile(path);
  await removeNote(layout, key);
  await removeEmptyFolders(layout, dirname(path));
}

/** Upwards from `folder`, never the root; the names that go are on the disk when it returns. */
async function removeEmptyFolders(layout: Layout, folder: string): Promise<void> {
  let last = folder;
  while (last !== layout.root && (await removeFolder(last))) last = dirname(last);
  try {
    await syncFolder(last);
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown;
  }
}

async function removeFolder(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === "ENOENT") return true;
    if (errno === "ENOTEMPTY" || errno === "EEXIST") return false;
    throw thrown;
  }
}

async function* translated(
  layout: Layout,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry> {
  try {
    yield* listObjects(layout, prefix, options);
  } catch (thrown) {
    throw toStoreError(thrown, { verb: "list", key: prefix, root: layout.root });
  }
}
