import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { processOfContainer } from "../../support/chaos/container-process.ts";
import { cgroupName } from "../../testbed/node/leftovers.ts";
import { ownMark } from "../../testbed/process-table.ts";

const nodeFolder = "/runs/ark-tb-Q1w2E3";

/** A unified tree; `pids`: of the container, or undefined where the kernel has taken them away. */
function treeWith(t: TestContext, pids: string | undefined): string {
  const mount = mkdtempSync(join(tmpdir(), "ark-cgroups-"));
  t.after(() => rmSync(mount, { recursive: true }));
  const folder = join(mount, cgroupName(nodeFolder), "kubepods", "pod1", "c1");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(mount, "cgroup.controllers"), "cpu memory\n");
  if (pids !== undefined) writeFileSync(join(folder, "cgroup.procs"), pids);
  return mount;
}

describe("the process of a container", () => {
  it("is the one that its cgroup holds", (t) => {
    const mount = treeWith(t, `${process.pid}\n`);
    assert.deepEqual(processOfContainer(nodeFolder, "c1", mount), ownMark());
  });

  for (const [what, pids] of [
    ["its cgroup was taken away while it was read", undefined],
    ["its cgroup is empty", ""],
    ["it runs two", `${process.pid}\n1\n`],
  ] as const) {
    it(`is none where ${what}`, (t) => {
      assert.equal(processOfContainer(nodeFolder, "c1", treeWith(t, pids)), undefined);
    });
  }

  it("is none where no such container is there", (t) => {
    assert.equal(processOfContainer(nodeFolder, "c2", treeWith(t, "1\n")), undefined);
  });
});
