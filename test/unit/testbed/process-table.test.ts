import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parsePidFile } from "../../testbed/instance-folder.ts";
import { isRunning, markOf, ownMark, parseStat } from "../../testbed/process-table.ts";
import { waitFor } from "../../testbed/wait.ts";

/** A line of /proc/PID/stat; field 22, the start time, is 777. */
function statLine(name: string, state: string): string {
  const middle = Array.from({ length: 18 }, (_, index) => index).join(" ");
  return `42 (${name}) ${state} ${middle} 777 1 2 3\n`;
}

describe("process-table", () => {
  it("parseStat() reads a command whose name has spaces and parentheses", () => {
    const expected = { pid: 42, state: "S", parent: 0, session: 2, startTicks: "777" };
    assert.deepEqual(parseStat(statLine("a) R (b", "S")), expected);
  });

  it("parsePidFile() refuses a file that is not written to its end", () => {
    const boot = "00000000-0000-4000-8000-000000000000";
    const text = `${boot}\n${statLine("sh", "R")}`;
    assert.deepEqual(parsePidFile(text), { pid: 42, startTicks: "777", bootId: boot });
    assert.equal(parsePidFile(""), undefined);
    assert.equal(parsePidFile(text.slice(0, 60)), undefined);
  });

  it("isRunning() tells a process from a later one with the same pid", () => {
    const mark = ownMark();
    assert.equal(isRunning(mark), true);
    assert.equal(isRunning({ ...mark, startTicks: "1" }), false);
    assert.equal(isRunning({ ...mark, bootId: "another" }), false);
  });

  it("isRunning() takes a zombie for dead", async () => {
    // The child ends once its parent, a shell that would reap it, has become a sleep that does not.
    const child = 'until read -r n </proc/$PPID/comm && [ "$n" = sleep ]; do :; done';
    const script = `sh -c '${child}' & echo $!; exec sleep 600`;
    const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(chunk.toString().trim());
      const isZombie = () => parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))?.state === "Z";
      await waitFor("the child to end", isZombie, { timeoutMs: 30_000, everyMs: 5 });
      const mark = markOf(pid);
      assert.ok(mark);
      assert.equal(isRunning(mark), false);
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("markOf() knows no process that has ended", () => {
    const { pid } = spawnSync("true");
    assert.equal(markOf(pid), undefined);
  });
});
