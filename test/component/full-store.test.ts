import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { createDirectoryStore } from "../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { deleteBackup } from "../../src/catalog/delete-backup.ts";
import { listBackups } from "../../src/catalog/list-backups.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { listKeys, rejectsWithCode } from "../support/store-testing.ts";
import { createCycle } from "../support/whole-cycle.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b1");
const full = new ArkError("ARK_STORE_FULL", "no space is left in the store");

async function statesOf(store: ObjectStore): Promise<string[]> {
  const states: string[] = [];
  for await (const { name, state } of listBackups(store, { signal, concurrency: 2 })) {
    states.push(`${name} ${state}`);
  }
  return states;
}

/** What a run writes before its seal, one after the other; and the seal. */
const written = [
  keys.archive,
  keys.resourceList,
  keys.volumeInfo,
  keys.index,
  keys.manifest,
  keys.seal,
];

describe("23: a store that fills up", () => {
  for (const key of written) {
    it(`at ${key}: nothing is sealed, and what is there can be deleted without a write`, async () => {
      const world = createCycle();
      const store = createMemoryStore();
      let isFull = false;
      store.faults.add((call) => {
        isFull ||= call.key === key && ["put", "complete"].includes(call.operation);
        const isWrite = ["put", "putPart", "complete", "startUpload"].includes(call.operation);
        return isFull && isWrite ? { kind: "fail", error: full } : undefined;
      });
      const error = await rejectsWithCode(world.backUp(store), "ARK_STORE_FULL");
      assert.equal(error.message, "no space is left in the store");
      assert.equal(isFull, true);
      assert.equal(store.keys().includes(keys.seal), false);
      assert.equal((await statesOf(store)).includes("b1 sealed"), false);
      if (store.keys().length > 0) await deleteBackup(store, "b1", { signal, evenIfOwned: true });
      assert.deepEqual(store.keys(), []);
      assert.deepEqual(store.openUploads(), []);
    });
  }

  it("lets another, sealed backup be deleted, which needs no write", async () => {
    const world = createCycle();
    const store = createMemoryStore();
    await world.backUp(store);
    const isWrite = new Set<string>(["put", "putPart", "complete", "startUpload"]);
    store.faults.add(({ operation }) =>
      isWrite.has(operation) ? { kind: "fail", error: full } : undefined,
    );
    await rejectsWithCode(world.backUp(store, "b2"), "ARK_STORE_FULL");
    await deleteBackup(store, "b1", { signal });
    assert.deepEqual(store.keys(), []);
  });
});

/** A disk of its own, so that it can be full; only root may mount one. */
function mountDisk(context: TestContext, megabytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "ark-ts-disk-"));
  const mount = (...options: readonly string[]) =>
    execFileSync("mount", ["-t", "tmpfs", ...options, "tmpfs", folder], { stdio: "ignore" });
  try {
    mount("-o", `size=${megabytes}m`);
  } catch {
    rmSync(folder, { recursive: true });
    context.skip("no right to mount a file system");
    return undefined;
  }
  context.after(() => {
    execFileSync("umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

const megabyte = 1024 * 1024;

describe("a directory on a disk of its own", () => {
  const open = (root: string) =>
    createDirectoryStore({ root, display: root, clock: createSystemClock() });

  it("23: that is full fails in one sentence, keeps what it has, and can be tidied", async (context) => {
    const root = mountDisk(context, 4);
    if (root === undefined) return;
    const store = open(root);
    await createCycle().backUp(store, "small");
    const world = createCycle({ objects: 12, objectBytes: megabyte });
    const error = await rejectsWithCode(world.backUp(store), "ARK_STORE_FULL");
    assert.match(error.message, /^cannot write /);
    assert.match(error.answer ?? "", /ENOSPC|no space/i);
    assert.match(error.advice ?? "", /free|space/);
    await createCycle().verify(store, "small");
    const found = await listKeys(store, "backups/b1/", signal);
    assert.equal(found.includes(keys.seal) || found.includes(keys.archive), false);
    await deleteBackup(store, "small", { signal });
    assert.equal(
      (await statesOf(store)).some((state) => state.startsWith("small")),
      false,
    );
    await createCycle().backUp(store, "after");
    await createCycle().verify(store, "after");
  });

  it("that is read-only is read, and says so when it is written to", async (context) => {
    const root = mountDisk(context, 8);
    if (root === undefined) return;
    await createCycle().backUp(open(root), "b1");
    const sealed = await readFile(join(root, keys.seal));
    execFileSync("mount", ["-o", "remount,ro", root]);
    const store = open(root);
    await createCycle().verify(store);
    for (const write of [
      () => createCycle().backUp(store, "b2"),
      () => deleteBackup(store, "b1", { signal }),
    ]) {
      const error = await rejectsWithCode(write(), "ARK_STORE_READ_ONLY");
      assert.match(error.message, /^cannot (write|remove|delete)/);
      assert.match(error.answer ?? "", /EROFS|read-only/i);
    }
    assert.ok((await readFile(join(root, keys.seal))).equals(sealed));
    assert.deepEqual(await statesOf(store), ["b1 sealed"]);
  });
});
