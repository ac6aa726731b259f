import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Restore } from "../../../src/api/restore.ts";
import { listRestores } from "../../../src/catalog/list-restores.ts";
import { readRestore } from "../../../src/catalog/read-restore.ts";
import { readListFile, readLog, readResults } from "../../../src/catalog/read-side-file.ts";
import { createGzipText } from "../../../src/format/gzip-text.ts";
import { restoreKeys } from "../../../src/format/keys.ts";
import { encodeRestore } from "../../../src/format/restore-files.ts";
import { encodeRestoreVolumeInfo, noVolumes } from "../../../src/format/restore-volume-info.ts";
import { encodeResults } from "../../../src/format/results.ts";
import { createMemoryStore } from "../../support/memory-store.ts";
import { rejectsWithCode } from "../../support/store-testing.ts";

const signal = new AbortController().signal;
const restore: Restore = {
  apiVersion: "velero.io/v1",
  kind: "Restore",
  metadata: { name: "r" },
  spec: { backupName: "b", namespaceMapping: { shop: "shop-copy" } },
  status: { phase: "Completed", progress: { itemsRestored: 3 } },
};

describe("readRestore() and listRestores()", () => {
  it("read what was recorded, and tell what was not", async () => {
    const store = createMemoryStore();
    await store.put(restoreKeys("r").record, encodeRestore(restore), { signal });
    await store.put(restoreKeys("velero").logs, Buffer.from("x"), { signal });
    await store.put(restoreKeys("bad").record, Buffer.from("[]"), { signal });
    assert.deepEqual(await readRestore(store, "r", { signal }), restore);
    await rejectsWithCode(readRestore(store, "velero", { signal }), "ARK_RESTORE_NOT_FOUND");
    const states: [string, string][] = [];
    for await (const { name, state } of listRestores({ store }, { signal, concurrency: 4 })) {
      states.push([name, state]);
    }
    assert.deepEqual(states, [
      ["bad", "unreadable"],
      ["r", "recorded"],
      ["velero", "unrecorded"],
    ]);
  });
});

describe("readRestore()", () => {
  it("refuses a record whose hooks are not hooks, and keeps fields of newer ones", async () => {
    const store = createMemoryStore();
    const read = async (hooks: object) => {
      const record = { ...restore, spec: { backupName: "b", hooks } } as unknown as Restore;
      await store.put(restoreKeys("r").record, encodeRestore(record), { signal });
      return (await readRestore(store, "r", { signal })).spec.hooks;
    };
    const exec = { command: ["sync"], waitForReady: true, newer: 1 };
    const hooks = { resources: [{ name: "h", postHooks: [{ exec }] }] };
    assert.deepEqual(await read(hooks), hooks);
    for (const postHooks of ["sync", [{ exec: { command: "sync" } }]]) {
      await rejectsWithCode(read({ resources: [{ name: "h", postHooks }] }), "ARK_BACKUP_FORMAT");
    }
  });

  it("tells a restore of Velero's, whose files are there, from one that is not there", async () => {
    const store = createMemoryStore();
    await store.put(restoreKeys("velero").logs, Buffer.from("x"), { signal });
    await assert.rejects(readRestore(store, "velero", { signal }), {
      message: `restore "velero" in ${store.display} has no record of ark-ts: it is Velero's, or it has not ended`,
      advice: "what is known of it: ark-ts restore describe velero",
    });
    await assert.rejects(readRestore(store, "nothing", { signal }), {
      message: `there is no restore "nothing" in ${store.display}`,
    });
  });
});

describe("side files", () => {
  it("are read back, and are undefined where they are not there", async () => {
    const store = createMemoryStore();
    const keys = restoreKeys("r");
    await store.put(keys.volumeInfo, await encodeRestoreVolumeInfo(noVolumes), { signal });
    const finding = { severity: "warning", code: "ARK_UNEXPECTED", message: "odd" } as const;
    await store.put(keys.results, await encodeResults([finding]), { signal });
    assert.deepEqual(await readListFile(store, keys.volumeInfo, signal), []);
    assert.deepEqual(await readResults(store, keys.results, signal), {
      warnings: { velero: [" message: /odd"] },
      errors: {},
    });
    assert.equal(await readResults(store, restoreKeys("x").results, signal), undefined);
  });

  it("readLog() inflates a log of many members as it arrives", async () => {
    const store = createMemoryStore();
    const text = createGzipText();
    for (let line = 0; line < 100_000; line += 1) text.append(`line ${line}\n`);
    await store.put(restoreKeys("r").logs, await text.finish(), { signal });
    const chunks: Buffer[] = [];
    for await (const chunk of readLog(store, restoreKeys("r").logs, signal)) chunks.push(chunk);
    assert.ok(chunks.length > 1);
    assert.match(Buffer.concat(chunks).toString(), /^line 0\nline 1\n[\s\S]*line 99999\n$/);
  });
});
