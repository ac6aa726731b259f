import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { endProcess, listInstances, readState } from "../../testbed/instance-folder.ts";
import { createProcessGroup, findProcess } from "../../testbed/process-group.ts";
import { isRunning, markOf, type ProcessMark, signalProcess } from "../../testbed/process-table.ts";
import { waitFor } from "../../testbed/wait.ts";

const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);

function markIn(folder: string, name: string): ProcessMark {
  const mark = findProcess(folder, name);
  assert.ok(mark, `${name} is recorded`);
  return mark;
}

describe("process-group", () => {
  it("stop() ends every process, stopped ones too, and removes the folder", async () => {
    const group = await createProcessGroup("processes");
    await group.start({ name: "a", command: ["sleep", "600"] });
    await group.start({ name: "b", command: ["sleep", "600"] });
    await group.ready("b", yes);
    const marks = ["a", "b"].map((name) => markIn(group.folder, name));
    signalProcess(marks[0]!, "SIGSTOP");
    assert.deepEqual(marks.map(isRunning), [true, true]);
    assert.ok(listInstances().includes(group.folder));
    await group.stop();
    assert.deepEqual(marks.map(isRunning), [false, false]);
    assert.equal(existsSync(group.folder), false);
    assert.equal(listInstances().includes(group.folder), false);
    await group.stop();
  });

  it("endProcess() kills what does not heed SIGTERM, and its children", async () => {
    const group = await createProcessGroup("processes");
    const script = "trap '' TERM; sleep 600 & echo $!; while :; do sleep 600; done";
    await group.start({ name: "deaf", command: ["sh", "-c", script] });
    await group.ready("deaf", async () => /^\d+$/.test(group.logTail("deaf")));
    const mark = markIn(group.folder, "deaf");
    const child = markOf(Number(group.logTail("deaf")));
    assert.ok(child);
    await endProcess(mark, 1);
    assert.deepEqual([isRunning(mark), isRunning(child)], [false, false]);
    await group.stop();
  });

  it("ready() says how a process ended, with the end of its log", async () => {
    const group = await createProcessGroup("processes");
    await group.start({
      name: "p",
      command: ["sh", "-c", "sleep 0.1; echo why it failed; exit 7"],
    });
    await assert.rejects(
      group.ready("p", no),
      /p ended \(exit status 7\) before it was ready; the end of its log:\nwhy it failed/,
    );
    await group.stop();
  });

  it("ready() does not wait for ever", async () => {
    const group = await createProcessGroup("processes");
    await group.start({ name: "p", command: ["sleep", "600"] });
    await assert.rejects(group.ready("p", no, { timeoutMs: 1 }), /timed out .* for p to be ready/);
    await group.stop();
  });

  it("start() replaces what runs under the same name", async () => {
    const group = await createProcessGroup("processes");
    const spec = { name: "p", command: ["sleep", "600"] } as const;
    await group.start(spec);
    const first = markIn(group.folder, "p");
    await group.start(spec);
    const second = markIn(group.folder, "p");
    assert.deepEqual([isRunning(first), isRunning(second)], [false, true]);
    assert.equal(readState(group.folder)?.kind, "processes");
    await group.stop();
  });

  const endings = [
    { how: "is killed", code: 'process.kill(process.pid, "SIGKILL")', signal: "SIGKILL" },
    { how: "gets SIGINT", code: 'process.kill(process.pid, "SIGINT")', signal: "SIGINT" },
    { how: "gets SIGTERM", code: 'process.kill(process.pid, "SIGTERM")', signal: "SIGTERM" },
    { how: "exits without stopping it", code: "process.exit(3)", signal: null },
    { how: "throws", code: 'throw new Error("planned by a test")', signal: null },
  ];
  for (const { how, code, signal } of endings) {
    it(`leaves nothing behind when its starter ${how}`, async () => {
      const module = fileURLToPath(new URL("../../testbed/process-group.ts", import.meta.url));
      const script = `const { createProcessGroup } = await import(${JSON.stringify(module)});
        const group = await createProcessGroup("processes");
        await group.start({ name: "p", command: ["sleep", "600"] });
        process.stdout.write(group.folder + "\\n");
        process.stdin.on("data", () => { ${code}; });`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      const [chunk] = (await once(child.stdout, "data")) as [Buffer];
      const folder = chunk.toString().trim();
      const mark = markIn(folder, "p");
      child.stdin.write("end\n");
      const [, end] = (await once(child, "exit")) as [number | null, string | null];
      assert.equal(end, signal);
      const gone = () => !existsSync(folder) && !listInstances().includes(folder);
      await waitFor("the watchdog", gone, { timeoutMs: 60_000, everyMs: 10 });
      assert.equal(isRunning(mark), false);
    });
  }
});
