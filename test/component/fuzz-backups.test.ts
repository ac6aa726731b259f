import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { backupKeys } from "../../src/format/keys.ts";
import { type ReadOutcome, readAll } from "../support/damage/read-all.ts";
import { resealIndex, resealManifest } from "../support/damage/reseal.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { type StoredKind, someObjects, storeBackup } from "../support/stored-backup.ts";
import { storeVeleroBackup, tarGz, veleroEntries } from "../support/velero-backup.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b");

/** Cases of each property: ARK_FUZZ_RUNS=20000 for a long run; ARK_FUZZ_SEED repeats one. */
const numRuns = Number(process.env["ARK_FUZZ_RUNS"] ?? 300);
const seedText = process.env["ARK_FUZZ_SEED"];
const parameters = {
  numRuns,
  ...(seedText !== undefined && { seed: Number(seedText) }),
};

/** Where in a document, by fractions, so that one choice fits every document. */
const place = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), {
  minLength: 1,
  maxLength: 5,
});

const value = fc.oneof(
  fc.constantFrom<unknown>(null, true, [], {}, "", "../x", -1, 0, 1, 0.5, 2 ** 31, 2 ** 53, 1e308),
  fc.integer(),
  fc.string({ maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

type Edit = (json: unknown) => unknown;

/** Replaces, removes, doubles or nudges one value somewhere in a JSON document. */
const edit: fc.Arbitrary<Edit> = fc
  .tuple(
    place,
    fc.constantFrom("put", "remove", "double", "nudge"),
    value,
    fc.integer({ min: -600, max: 600 }),
  )
  .map(([path, how, replacement, by]) => (json) => {
    const copy = structuredClone(json);
    editAt(copy, path, how, replacement, by);
    return copy;
  });

function editAt(
  root: unknown,
  path: readonly number[],
  how: string,
  replacement: unknown,
  by: number,
): void {
  let at = root as Record<string, unknown> | unknown[];
  for (const [depth, fraction] of path.entries()) {
    const inner = Object.keys(at);
    const key = inner[Math.floor(fraction * inner.length)] as never;
    const next = at[key] as unknown;
    if (
      depth < path.length - 1 &&
      typeof next === "object" &&
      next !== null &&
      Object.keys(next).length > 0
    ) {
      at = next as Record<string, unknown>;
      continue;
    }
    if (how === "put") at[key] = replacement as never;
    else if (how === "remove") Array.isArray(at) ? at.splice(Number(key), 1) : delete at[key];
    else if (how === "double" && Array.isArray(at))
      at.splice(Number(key), 0, structuredClone(next));
    else at[key] = (typeof next === "number" ? next + by : `${next}${by}`) as never;
    return;
  }
}

/** Bytes changed in ways that break formats: flips, cuts, doubled and overwritten ranges. */
const byteEdit: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc
  .tuple(
    fc.constantFrom("flip", "cut", "double", "fill", "insert"),
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    fc.integer({ min: 1, max: 700 }),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([how, fraction, length, byte]) => (bytes) => {
    const from = Math.floor(fraction * bytes.length);
    const [head, middle, tail] = [
      bytes.subarray(0, from),
      bytes.subarray(from, from + length),
      bytes.subarray(from + length),
    ];
    if (how === "cut") return Buffer.concat([head, tail]);
    if (how === "double") return Buffer.concat([head, middle, middle, tail]);
    if (how === "fill") return Buffer.concat([head, Buffer.alloc(middle.length, byte), tail]);
    if (how === "insert") return Buffer.concat([head, Buffer.alloc(length, byte), middle, tail]);
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[from]! ^= 1 << (byte & 7);
    return copy;
  });

const kinds: readonly StoredKind[] = someObjects;

async function own(): Promise<MemoryStore> {
  const store = createMemoryStore();
  await storeBackup(store, { name: "b", kinds });
  return store;
}

/** Whatever was done: no bytes are handed out that were not stored, and verify misses none. */
function assertHonest(outcome: ReadOutcome, honest: ReadOutcome): void {
  const hashOf = (object: string): string => object.slice(object.lastIndexOf(" ") + 1);
  const known = new Set(honest.objects.map(hashOf));
  assert.deepEqual(
    outcome.objects.filter((object) => !known.has(hashOf(object))),
    [],
  );
  if (outcome.verify === "ok") {
    assert.deepEqual(outcome.objects, honest.objects, "verify found nothing, and objects differ");
    assert.equal(outcome.entries, "ok");
  } else {
    assert.match(outcome.verify, /^(damaged|ARK_BACKUP_(FORMAT|NOT_FOUND))$/);
  }
}

describe(`fuzzed backups (${numRuns} of each kind)`, async () => {
  const honest = await readAll(await own(), "b");

  it("manifests that were edited and sealed again end in a clear answer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const store = await own();
        await resealManifest(store, "b", (manifest) =>
          edits.reduce<unknown>((json, change) => change(json), manifest),
        );
        assertHonest(await readAll(store, "b"), honest);
      }),
      parameters,
    );
  });

  it("index lines that were edited and sealed again end in a clear answer", async () => {
    const which = fc.double({ min: 0, max: 0.999, noNaN: true });
    await fc.assert(
      fc.asyncProperty(which, edit, async (fraction, change) => {
        const store = await own();
        await resealIndex(store, "b", (lines) =>
          lines.map((line, at) =>
            at === Math.floor(fraction * lines.length)
              ? JSON.stringify(change(JSON.parse(line)))
              : line,
          ),
        );
        assertHonest(await readAll(store, "b"), honest);
      }),
      parameters,
    );
  });

  it("any stored file whose bytes were edited is found, whatever came of them", async () => {
    const files = (await own()).keys();
    const file = fc.constantFrom(...files);
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.array(byteEdit, { minLength: 1, maxLength: 3 }),
        async (key, edits) => {
          const store = await own();
          const before = Buffer.from(store.bytes(key));
          const after = edits.reduce<Buffer>((bytes, change) => change(bytes), before);
          await store.put(key, after, { signal });
          const outcome = await readAll(store, "b");
          assertHonest(outcome, honest);
          assert.equal(outcome.verify === "ok", after.equals(before), outcome.problems);
        },
      ),
      parameters,
    );
  });

  it("a seal that was edited never passes for the one that was sealed", async () => {
    await fc.assert(
      fc.asyncProperty(edit, async (change) => {
        const store = await own();
        const seal = JSON.parse(Buffer.from(store.bytes(keys.seal)).toString());
        const bytes = Buffer.from(`${JSON.stringify(change(seal), null, 2)}\n`);
        const same = bytes.equals(store.bytes(keys.seal));
        await store.put(keys.seal, bytes, { signal });
        assert.equal((await readAll(store, "b")).verify === "ok", same);
      }),
      parameters,
    );
  });
});

describe(`fuzzed archives of another tool (${numRuns} of each kind)`, async () => {
  const archive = await tarGz(veleroEntries());
  const tar = gunzipSync(archive);
  const read = async (bytes: Buffer): Promise<ReadOutcome> => {
    const store = createMemoryStore();
    await storeVeleroBackup(store, { name: "b", archive: bytes });
    return await readAll(store, "b");
  };

  it("whose compressed bytes were edited end in a clear answer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(byteEdit, { minLength: 1, maxLength: 3 }), async (edits) => {
        await read(edits.reduce<Buffer>((bytes, change) => change(bytes), archive));
      }),
      parameters,
    );
  });

  it("whose tar was edited and compressed again end in a clear answer", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(byteEdit, { minLength: 1, maxLength: 3 }), async (edits) => {
        await read(gzipSync(edits.reduce<Buffer>((bytes, change) => change(bytes), tar)));
      }),
      parameters,
    );
  });
});
