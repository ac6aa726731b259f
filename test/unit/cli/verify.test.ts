import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { storeBackup } from "../../support/stored-backup.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const root = mkdtempSync(join(tmpdir(), "ark-verify-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A location with sealed backups `good` and `bad`, and what runs without seal have left. */
async function location(): Promise<string> {
  const folder = mkdtempSync(join(root, "store-"));
  const clock = createSystemClock();
  const store = createDirectoryStore({ root: folder, display: folder, clock });
  for (const name of ["bad", "good"]) await storeBackup(store, { name, memberObjects: 1 });
  const { signal } = new AbortController();
  await store.put("backups/open/open-logs.gz", Buffer.from("x"), { signal });
  await store.put("backups/photos/1.jpg", Buffer.from("x"), { signal });
  const archive = join(folder, "backups/bad/bad.tar.gz");
  const bytes = readFileSync(archive);
  bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 40);
  writeFileSync(archive, bytes);
  return folder;
}

async function verify(folder: string, ...argv: readonly string[]) {
  const environment = fakeEnvironment(mkdtempSync(join(root, "home-")), [
    ...["backup", "verify", "--mode=standalone", "--store", `file://${folder}`],
    ...argv,
  ]);
  const status = await runCommandLine(environment);
  return { status, out: environment.stdout.text, err: environment.stderr.text };
}

describe("ark-ts backup verify", async () => {
  const folder = await location();

  it("ends with 0 for a whole backup, and prints one that is named alone by itself", async () => {
    const { status, out } = await verify(folder, "good", "-o", "json");
    const report = JSON.parse(out);
    assert.deepEqual([status, report.ok, report.name], [0, true, "good"]);
    assert.deepEqual(Object.keys(report), [
      ...["name", "level", "hasManifest", "ok", "checked", "damages", "moreDamages"],
      ...["objectsLost", "objectsStillReadable", "notChecked", "notes"],
    ]);
  });

  it("ends with 1 for a damaged one, names file and object, and says how to save the rest", async () => {
    const { status, out } = await verify(folder, "bad");
    assert.equal(status, 1);
    assert.match(out, /^backup bad: DAMAGED/);
    assert.match(out, /damaged {3}configmaps shop\/.*\(bad\.tar\.gz\)/);
    assert.match(out, /salvage .*--from-backup bad --allow-damaged/);
  });

  it("goes on after a damaged or missing one where several are named", async () => {
    const { status, out } = await verify(folder, "missing", "bad", "good", "-o", "json");
    const { ok, backups } = JSON.parse(out);
    assert.deepEqual([status, ok], [1, false]);
    assert.deepEqual(
      backups.map((one: { name: string; ok: boolean }) => [one.name, one.ok]),
      [
        ["missing", false],
        ["bad", false],
        ["good", true],
      ],
    );
    assert.equal(backups[0].error.code, "ARK_BACKUP_NOT_FOUND");
  });

  it("--all takes every sealed backup, and tells apart what has no seal", async () => {
    const { status, out } = await verify(folder, "--all", "-o", "json");
    const { backups, unsealed } = JSON.parse(out);
    assert.equal(status, 1);
    assert.deepEqual(
      backups.map(({ name }: { name: string }) => name),
      ["bad", "good"],
    );
    assert.deepEqual(unsealed.toSorted(), ["open", "photos"]);
    const names = await verify(folder, "--all", "-o", "name");
    assert.equal(names.out, "backup/bad\n");
  });

  it("--sample reads a share, and as many seeds as there are slices find all damage", async () => {
    let found = 0;
    const slices = new Set<string>();
    for (const seed of ["1", "2", "3", "4"]) {
      const { status, out } = await verify(folder, "bad", "--sample=25%", `--seed=${seed}`);
      slices.add(/slice (\d) of 4 was drawn/.exec(out)?.[1] ?? "none");
      if (status === 1) found += 1;
    }
    assert.deepEqual([...slices].sort(), ["1", "2", "3", "4"]);
    assert.ok(found >= 1 && found < 4, `${found}`);
  });

  it("refuses what makes no sense", async () => {
    for (const [argv, told] of [
      [[], /name the backups to verify, or say --all/],
      [["good", "--all"], /name the backups to verify, or say --all/],
      [["good", "--sample=0%"], /above 0%/],
      [["good", "--sample=101"], /at most 100%/],
      [["good", "--sample=many"], /must be a share/],
      [["good", "--seed=1"], /no effect without --sample/],
      [["good", "--level=index", "--sample=5%"], /no effect with --level=index/],
    ] as const) {
      const { status, err } = await verify(folder, ...argv);
      assert.equal(status, 2, argv.join(" "));
      assert.match(err, told);
    }
  });
});
