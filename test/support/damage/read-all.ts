import { errorCatalogue } from "../../../src/api/error-codes.ts";
import { openBackup } from "../../../src/catalog/open-backup.ts";
import {
  readListFile,
  readLog,
  readResourceList,
  readResults,
} from "../../../src/catalog/read-side-file.ts";
import { verifyBackup } from "../../../src/catalog/verify-backup.ts";
import { backupKeys } from "../../../src/format/keys.ts";
import { sha256 } from "../../../src/format/normal-form.ts";
import { ArkError } from "../../../src/lib/errors.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";

const signal = new AbortController().signal;

/** How each way of reading a backup ended: `ok`, `damaged`, a code; anything else is a bug. */
export interface ReadOutcome {
  readonly verify: string;
  readonly problems: string;
  readonly index: string;
  readonly entries: string;
  /** `resource namespace/name sha256` of every object that was handed out. */
  readonly objects: readonly string[];
  readonly sideFiles: string;
}

/** Reads all there is in every way, or only what verify reads. Rejects when something other than a known ArkError comes out. */
export async function readAll(
  store: ObjectStore,
  name: string,
  { keepObjects = true, passes = 3 } = {},
): Promise<ReadOutcome> {
  let problems = "";
  const objects: string[] = [];
  const verify = await ending(async () => {
    const report = await verifyBackup(store, name, { level: "objects", signal });
    problems = report.damages
      .slice(0, 100)
      .map(({ file, object, problem }) => `${object ?? file}: ${problem}`)
      .join("\n");
    return report.ok ? "ok" : "damaged";
  });
  if (passes === 1) return { verify, problems, index: "", entries: "", objects, sideFiles: "" };
  const index = await ending(async () => {
    const backup = await openBackup(store, name, { signal });
    for await (const _ of backup.index(signal));
    return "ok";
  });
  const entries = await ending(async () => {
    const backup = await openBackup(store, name, { signal });
    let damaged = 0;
    const onDamaged = (): void => {
      damaged += 1;
    };
    for await (const { line, bytes } of backup.entries(() => true, signal, onDamaged)) {
      if (sha256(bytes) !== line.sha256) throw new Error("bytes were handed out that do not match");
      if (!keepObjects) continue;
      objects.push(`${line.resource} ${line.namespace ?? ""}/${line.name} ${line.sha256}`);
    }
    return damaged === 0 ? "ok" : "damaged";
  });
  return { verify, problems, index, entries, objects, sideFiles: await readSideFiles(store, name) };
}

async function readSideFiles(store: ObjectStore, name: string): Promise<string> {
  const keys = backupKeys(name);
  const endings = new Set<string>();
  for (const read of [
    () => readResults(store, keys.results, signal),
    () => readResourceList(store, keys.resourceList, signal),
    () => readListFile(store, keys.volumeInfo, signal),
    () => readListFile(store, keys.itemOperations, signal),
    async () => {
      for await (const _ of readLog(store, keys.logs, signal));
    },
  ]) {
    const how = await ending(async () => {
      await read();
      return "ok";
    });
    endings.add(how);
  }
  return [...endings].sort().join(" ");
}

async function ending(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (thrown) {
    if (
      thrown instanceof ArkError &&
      thrown.code in errorCatalogue &&
      thrown.disposition !== "bug"
    ) {
      return thrown.code;
    }
    throw thrown;
  }
}
