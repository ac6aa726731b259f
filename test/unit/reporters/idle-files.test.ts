import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { createIdleFiles, endTestFile } from "../../reporters/idle-files.ts";
import { descendantsOf, isRunning } from "../../testbed/process-table.ts";
import { waitFor } from "../../testbed/wait.ts";

const file = "test/unit/a.test.ts";

function dequeued(type: "suite" | "test", name: string): TestEvent {
  return { type: "test:dequeue", data: { name, file, nesting: 0, type } } as unknown as TestEvent;
}

function completed(type: "suite" | "test", name: string): TestEvent {
  const data = { name, file, nesting: 0, details: { type } };
  return { type: "test:complete", data } as unknown as TestEvent;
}

describe("createIdleFiles()", () => {
  it("names a file once in which no test runs, however long one of its tests has run", () => {
    const idle = createIdleFiles();
    idle.saw(dequeued("test", file), true, 0);
    idle.saw(dequeued("suite", "all"), false, 1);
    idle.saw(dequeued("test", "one"), false, 2);
    assert.deepEqual(idle.since(100, 5_000), []);
    idle.saw(completed("test", "one"), false, 5_000);
    assert.deepEqual(idle.since(100, 5_099), []);
    assert.deepEqual([idle.since(100, 5_100), idle.since(100, 6_000)], [[file], []]);
  });

  it("names a file that never begins a test, and none that has ended", () => {
    const idle = createIdleFiles();
    idle.saw(dequeued("test", file), true, 0);
    assert.deepEqual(idle.since(100, 100), [file]);
    idle.saw(dequeued("test", file), true, 0);
    idle.saw(completed("test", file), true, 50);
    assert.deepEqual(idle.since(100, 1_000), []);
  });
});

describe("endTestFile()", () => {
  it("ends the process of the file and the stopped one that it left behind", async () => {
    const script = `
      const { spawn } = require("node:child_process");
      const child = spawn("sleep", ["600"], { stdio: "ignore" });
      child.once("spawn", () => { child.kill("SIGSTOP"); console.log("started"); });
      process.on("SIGTERM", () => undefined);`;
    // The file's name is what it is known by; nobody opens it.
    const args = ["--eval", script, "test/unit/never-there.test.ts"];
    const owner = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(owner, "exit");
    await once(owner.stdout, "data");
    const [left] = descendantsOf(owner.pid as number);
    assert.ok(left !== undefined && isRunning(left));
    endTestFile("test/unit/never-there.test.ts", 10);
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    const isGone = () => !isRunning(left);
    await waitFor("the end of the process left behind", isGone, { timeoutMs: 60_000 });
  });
});
