import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { findOwner, parseOwner, sweepLocks, tryLock, withLock } from "../../testbed/lock-folder.ts";
import { isRunning, markOf, ownMark } from "../../testbed/process-table.ts";

const parent = mkdtempSync(join(tmpdir(), "ark-lock-test-"));
after(() => rmSync(parent, { recursive: true }));
let folders = 0;
function newFolder(): string {
  folders += 1;
  return join(parent, String(folders));
}

/** A lock file whose owner had this process's pid, but before the machine restarted. */
function plantDeadOwner(folder: string): void {
  const { pid, startTicks } = ownMark();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${pid}_${startTicks}_00000000-0000-4000-8000-000000000000_1`), "");
}

function release(attempt: ReturnType<typeof tryLock>): void {
  assert.ok("release" in attempt);
  attempt.release();
}

describe("lock-folder", () => {
  it("tryLock() refuses while the lock is held and says by whom", () => {
    const folder = newFolder();
    const first = tryLock(folder);
    const second = tryLock(folder);
    assert.deepEqual(second, { owner: { ...ownMark(), note: "" } });
    release(first);
    release(tryLock(folder));
  });

  it("tryLock() takes a lock for another process, which says a word to others", () => {
    const folder = newFolder();
    const parentMark = markOf(process.ppid);
    assert.ok(parentMark);
    const first = tryLock(folder, { owner: parentMark, note: "busy" });
    assert.deepEqual(findOwner(folder), { ...parentMark, note: "busy" });
    assert.deepEqual(tryLock(folder), { owner: { ...parentMark, note: "busy" } });
    release(first);
    assert.equal(findOwner(folder), undefined);
  });

  it("tryLock() takes over the lock of an owner from before a restart", () => {
    const folder = newFolder();
    plantDeadOwner(folder);
    release(tryLock(folder));
    assert.equal(existsSync(folder), false);
  });

  it("tryLock() takes over the lock of a process that was killed", async () => {
    const folder = newFolder();
    const module = fileURLToPath(new URL("../../testbed/lock-folder.ts", import.meta.url));
    const script = `const { tryLock } = await import(${JSON.stringify(module)});
      tryLock(${JSON.stringify(folder)});
      process.stdout.write("held");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const attempt = tryLock(folder);
    assert.ok("owner" in attempt);
    assert.equal(attempt.owner.pid, child.pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(isRunning(attempt.owner), false);
    release(tryLock(folder));
  });

  it("withLock() lets one in at a time", async () => {
    const folder = newFolder();
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(folder, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all([enter(), enter(), enter()]);
    assert.equal(most, 1);
  });

  it("withLock() releases when its body throws", async () => {
    const folder = newFolder();
    await assert.rejects(
      withLock(folder, () => Promise.reject(new Error("no"))),
      /no/,
    );
    release(tryLock(folder));
  });

  it("withLock() stops waiting when it is aborted", async () => {
    const folder = newFolder();
    const held = tryLock(folder);
    const abort = new AbortController();
    const onWait = () => abort.abort();
    await assert.rejects(
      withLock(folder, async () => {}, { signal: abort.signal, onWait }),
      { name: "AbortError" },
    );
    release(held);
  });

  it("sweepLocks() removes what dead owners left, and nothing else", () => {
    const locks = newFolder();
    plantDeadOwner(join(locks, "dead"));
    const held = tryLock(join(locks, "held"));
    sweepLocks(locks);
    assert.deepEqual(readdirSync(locks), ["held"]);
    release(held);
  });

  it("parseOwner() takes no foreign file for an owner", () => {
    assert.equal(parseOwner("README"), undefined);
    assert.equal(parseOwner("12_34_x_1"), undefined);
  });
});
