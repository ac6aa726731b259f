import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createDirectoryStore } from "../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { whyRestoreMissed, whyVerifyMissed } from "../support/damage/detect.ts";
import { bitFlips } from "../support/damage/mutations.ts";
import { sealBackups, storeFiles } from "../support/damage/sealed-backups.ts";
import { createSeededRandom } from "../support/damage/seeded-random.ts";

const seed = Number(process.env["ARK_CORRUPTION_SEED"] ?? 20_260_102);

describe("a backup corrupted on disk", async () => {
  const sealed = await sealBackups();
  const root = await mkdtemp(join(tmpdir(), "ark-ts-corruption-"));
  after(() => rm(root, { recursive: true, force: true }));
  const clock = createSystemClock();
  const store = createDirectoryStore({ root, display: root, clock });
  await storeFiles(store, sealed.files);

  const whyMissed = async (key: string): Promise<readonly (string | undefined)[]> => [
    await whyVerifyMissed(store, key, "bytes"),
    await whyRestoreMissed(store, sealed),
  ];
  const neither = [undefined, undefined];

  it(`is found and refused for single bits of its files (seed ${seed})`, async () => {
    for (const { title, key, bytes } of bitFlips(sealed, createSeededRandom(seed), 40)) {
      await writeFile(join(root, key), bytes!);
      assert.deepEqual(await whyMissed(key), neither, title);
      await writeFile(join(root, key), sealed.files.get(key)!);
    }
  });

  it("is found and refused for files that are cut, empty or gone", async () => {
    for (const [key, bytes] of sealed.files) {
      for (const length of [0, bytes.length - 1]) {
        await truncate(join(root, key), length);
        assert.deepEqual(await whyMissed(key), neither, `${key} cut to ${length}`);
        await writeFile(join(root, key), bytes);
      }
      await rm(join(root, key));
      assert.deepEqual(await whyMissed(key), neither, `${key} gone`);
      await writeFile(join(root, key), bytes);
    }
    assert.equal(await whyRestoreMissed(store, sealed), "restore went through");
  });
});
