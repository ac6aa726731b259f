import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { createDirectoryStore } from "../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { backupKeys } from "../../src/format/keys.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import { resealBytes, resealFile } from "../support/damage/reseal.ts";
import { endOfTar, hostileEntry, hostileHeader } from "../support/damage/tar-blocks.ts";
import { storeBackup } from "../support/stored-backup.ts";
import { storeVeleroBackup } from "../support/velero-backup.ts";

const signal = new AbortController().signal;
const keys = backupKeys("b");
const run = promisify(execFile);
const MiB = 1024 * 1024;

/**
 * A reader of an honest backup takes some 130 MiB, Node itself most of them. What is asserted is
 * that no bomb makes a multiple of it: each would inflate or parse to several GiB.
 */
const maxPeakMiB = 600;

interface ChildOutcome {
  readonly verify: string;
  readonly problems: string;
  readonly entries: string;
  readonly sideFiles: string;
  readonly peakMiB: number;
}

/** Stores what `fill` makes and reads it in a process of its own. */
async function readInChild(
  fill: (store: ObjectStore) => Promise<void>,
  ...args: readonly string[]
): Promise<ChildOutcome> {
  const root = await mkdtemp(join(tmpdir(), "ark-ts-hostile-"));
  try {
    await fill(createDirectoryStore({ root, display: root, clock: createSystemClock() }));
    const child = join(import.meta.dirname, "../support/damage/read-all-child.ts");
    const { stdout } = await run(process.execPath, [child, root, ...args], { maxBuffer: 64 * MiB });
    return JSON.parse(stdout) as ChildOutcome;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** gzip members one after the other, each the same text: many GiB in a few MiB. */
function repeated(text: string | Buffer, times: number): Buffer {
  return Buffer.concat(Array(times).fill(gzipSync(text, { level: 9 })));
}

const velero = (archive: Buffer) => (store: ObjectStore) =>
  storeVeleroBackup(store, { name: "b", archive });

const sealed =
  (change: (store: ObjectStore) => Promise<void>) =>
  async (store: ObjectStore): Promise<void> => {
    await storeBackup(store, { name: "b" });
    await change(store);
  };

const place = "resources/configmaps/namespaces/shop/x.json";
const zeros = Buffer.alloc(16 * MiB);
const emptyLists = "[],".repeat(5 * MiB);

function millionEntries(): Buffer {
  const members: Buffer[] = [];
  for (let folder = 0; folder < 100; folder += 1) {
    const entries: Buffer[] = [];
    for (let at = 0; at < 10_000; at += 1) {
      const path = `resources/configmaps/namespaces/n${folder}/c${at}.json`;
      entries.push(hostileEntry({ path }, Buffer.from("7")));
    }
    members.push(gzipSync(Buffer.concat(entries), { level: 1 }));
  }
  return Buffer.concat([...members, gzipSync(endOfTar)]);
}

describe("a bomb takes no more memory than its bounds", () => {
  const cases: readonly {
    readonly title: string;
    readonly fill: (store: ObjectStore) => Promise<void>;
    readonly told: RegExp;
    readonly onePass?: boolean;
  }[] = [
    {
      title: "an archive of 8 GiB of zeros in 8 MiB",
      fill: velero(repeated(zeros, 512)),
      told: /more than 16777216 bytes behind its end/,
    },
    {
      title: "an entry of 8 GiB of zeros, whose header says 100 GiB",
      fill: velero(
        Buffer.concat([
          gzipSync(hostileHeader({ path: place, sizeBytes: 100 * 1024 * MiB })),
          repeated(zeros, 512),
        ]),
      ),
      told: /has 107374182400 bytes; at most/,
    },
    {
      title: "an object of 30 MiB of empty lists",
      fill: velero(
        gzipSync(
          Buffer.concat([
            hostileEntry({ path: place }, Buffer.from(`{"a":[${emptyLists.repeat(2)}[]]}`)),
            endOfTar,
          ]),
        ),
      ),
      told: /configmaps shop\/x/,
    },
    {
      title: "1,000,000 entries of one byte",
      fill: velero(millionEntries()),
      told: /configmaps n0\/c0/,
      onePass: true,
    },
    {
      title: "an index of 4 GiB without a line break",
      fill: sealed((store) =>
        resealFile(store, "b", keys.index, repeated("x".repeat(16 * MiB), 256)),
      ),
      told: /a line exceeds 65536 bytes/,
    },
    {
      title: "an index of 100,000,000 line breaks",
      fill: sealed((store) => resealFile(store, "b", keys.index, repeated("\n".repeat(MiB), 96))),
      told: /line 1 is not JSON/,
    },
    {
      title: "a manifest of 21,000,000 empty lists",
      fill: sealed((store) =>
        resealBytes(store, "b", Buffer.from(`{"a":[${emptyLists.repeat(4)}[]]}`)),
      ),
      told: /^$|values/,
    },
    {
      title: "a seal of 7.5 MiB of empty lists",
      fill: sealed((store) =>
        store.put(keys.seal, Buffer.from(`{"a":[${emptyLists.slice(0, 7_500_000)}[]]}`), {
          signal,
        }),
      ),
      told: /velero-backup\.json/,
    },
    {
      title: "side files of 60 MiB of empty lists, and of 8 GiB of zeros",
      fill: sealed(async (store) => {
        const lists = gzipSync(`[${emptyLists.repeat(4)}[]]`);
        for (const key of [keys.results, keys.volumeInfo]) await resealFile(store, "b", key, lists);
        await resealFile(store, "b", keys.itemOperations, repeated(zeros, 512));
        await store.put(keys.resourceList, repeated(zeros, 512), { signal });
        await store.put(keys.logs, repeated(zeros, 64), { signal });
      }),
      told: /^$/,
    },
  ];
  for (const { title, fill, told, onePass = false } of cases) {
    it(title, async (t) => {
      const { verify, problems, entries, sideFiles, peakMiB } = await readInChild(
        fill,
        ...(onePass ? ["one-pass"] : []),
      );
      t.diagnostic(
        `${title}: ${peakMiB} MiB at most; ${verify}, ${entries}, side files ${sideFiles}`,
      );
      assert.match(problems.slice(0, 20_000), told);
      assert.ok(peakMiB < maxPeakMiB, `${peakMiB} MiB`);
    });
  }
});
