import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { whyRestoreMissed, whyVerifyMissed } from "../support/damage/detect.ts";
import { bitFlips, type Mutation, mutationsOf } from "../support/damage/mutations.ts";
import {
  name,
  type SealedBackups,
  type StoredFiles,
  sealBackups,
  storeFiles,
} from "../support/damage/sealed-backups.ts";
import { createSeededRandom } from "../support/damage/seeded-random.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";

const signal = new AbortController().signal;
const seed = Number(process.env["ARK_CORRUPTION_SEED"] ?? 20_260_101);
const bits = 260;

/** What verify cannot see stands in docs/verify.md; nothing else may be missed. */
async function missed(
  mutations: Iterable<Mutation>,
  store: MemoryStore,
  sealed: SealedBackups,
): Promise<{ readonly tried: number; readonly missed: readonly string[] }> {
  const found: string[] = [];
  let tried = 0;
  for (const { title, key, bytes } of mutations) {
    tried += 1;
    if (bytes === undefined) await store.remove(key, { signal });
    else await store.put(key, bytes, { signal });
    const whys = [
      await whyVerifyMissed(store, key, tried % 2 === 0 ? "bytes" : "objects"),
      await whyRestoreMissed(store, sealed),
    ];
    for (const why of whys) if (why !== undefined) found.push(`${title}: ${why}`);
    await store.put(key, sealed.files.get(key)!, { signal });
  }
  return { tried, missed: found };
}

describe("a corrupted backup", async () => {
  const sealed = await sealBackups();
  const fresh = (files: StoredFiles = sealed.files) => storeFiles(createMemoryStore(), files);

  it("is found by verify and refused by restore, whatever happened to whichever file", async (t) => {
    const result = await missed(mutationsOf(sealed), await fresh(), sealed);
    t.diagnostic(`figures: corruptions tried: ${result.tried}, missed: ${result.missed.length}`);
    assert.deepEqual(result.missed, []);
    assert.ok(result.tried > 200, `only ${result.tried} were tried`);
  });

  it(`is found and refused for each of ${bits} single bits (seed ${seed})`, async (t) => {
    const flips = bitFlips(sealed, createSeededRandom(seed), bits);
    const result = await missed(flips, await fresh(), sealed);
    t.diagnostic(`figures: bits tried: ${result.tried}, missed: ${result.missed.length}`);
    assert.deepEqual(result.missed, []);
    assert.equal(result.tried, bits);
  });

  it("is whole again once the right bytes are back", async () => {
    const report = await verifyBackup(await fresh(), name, { level: "objects", signal });
    assert.deepEqual(report.damages, []);
    assert.equal(await whyRestoreMissed(await fresh(), sealed), "restore went through");
  });

  it("is not seen where a whole older backup stands in its place, as docs/verify.md says", async () => {
    const report = await verifyBackup(await fresh(sealed.older), name, {
      level: "objects",
      signal,
    });
    assert.equal(report.ok, true);
  });
});
