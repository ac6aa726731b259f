import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  cgroupTrees,
  cgroupVersion,
  createCgroup,
  removeCgroup,
} from "../../../testbed/node/cgroups.ts";

const parent = mkdtempSync(join(tmpdir(), "ark-cgroups-test-"));
after(() => rmSync(parent, { recursive: true }));

/** Folders that look like a mounted cgroup file system, as far as the testbed looks. */
function plant(files: Readonly<Record<string, string>>): string {
  const mount = mkdtempSync(join(parent, "mount-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(mount, path, ".."), { recursive: true });
    writeFileSync(join(mount, path), text);
  }
  return mount;
}

const first = () =>
  plant({
    "cpuset/cgroup.procs": "",
    "cpuset/cpuset.cpus": "0-1\n",
    "cpuset/cpuset.mems": "0\n",
    "memory/cgroup.procs": "",
    "stray/file": "",
  });

const second = (enabled: string) =>
  plant({
    "cgroup.procs": "",
    "cgroup.controllers": "cpuset cpu io memory pids rdma\n",
    "cgroup.subtree_control": enabled,
  });

describe("cgroups", () => {
  it("v1: the node's cgroup is in every tree, with the processors of its parent", () => {
    const mount = first();
    assert.equal(cgroupVersion(mount), 1);
    assert.deepEqual(cgroupTrees(mount), [join(mount, "cpuset"), join(mount, "memory")]);
    createCgroup("node", mount);
    assert.equal(readFileSync(join(mount, "cpuset/node/cpuset.cpus"), "utf8"), "0-1\n");
    assert.equal(readFileSync(join(mount, "cpuset/node/cpuset.mems"), "utf8"), "0\n");
    assert.ok(existsSync(join(mount, "memory/node")));
    assert.ok(!existsSync(join(mount, "stray/node")));
  });

  it("v2: it is in the one tree, whose root hands the controllers down", () => {
    const mount = second("cpuset cpu io memory\n");
    assert.equal(cgroupVersion(mount), 2);
    assert.deepEqual(cgroupTrees(mount), [mount]);
    createCgroup("node", mount);
    assert.ok(existsSync(join(mount, "node")));
    // Of those that are there and wanted, pids was the only one that was missing.
    assert.equal(readFileSync(join(mount, "cgroup.subtree_control"), "utf8"), "+pids");
  });

  it("removes the cgroup and those below it, and nothing beside it", async () => {
    const mount = second("cpuset cpu io memory pids\n");
    createCgroup("node", mount);
    createCgroup("other", mount);
    mkdirSync(join(mount, "node/kubepods/burstable/pod1"), { recursive: true });
    await removeCgroup("node", mount);
    await removeCgroup("node", mount);
    assert.ok(!existsSync(join(mount, "node")));
    assert.ok(existsSync(join(mount, "other")));
  });

  it("refuses a name that is taken", () => {
    const mount = second("cpuset cpu io memory pids\n");
    createCgroup("node", mount);
    assert.throws(() => createCgroup("node", mount), { code: "EEXIST" });
  });
});
