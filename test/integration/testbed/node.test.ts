import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { listInstances, readState, recordedProcesses } from "../../testbed/instance-folder.ts";
import { cgroupTrees } from "../../testbed/node/cgroups.ts";
import { nodeImages } from "../../testbed/node/images.ts";
import { machineLock } from "../../testbed/node/machine-lock.ts";
import { linkName } from "../../testbed/node/network.ts";
import { startNode } from "../../testbed/node/node.ts";
import { type NodeDetails, openNode } from "../../testbed/node/node-access.ts";
import { whyNoNode } from "../../testbed/node/why-no-node.ts";
import { findProcess } from "../../testbed/process-group.ts";
import { isRunning, markOf, type ProcessMark } from "../../testbed/process-table.ts";
import { waitFor } from "../../testbed/wait.ts";

const longMs = 120_000;
/** Beside the node that all tests share, whose slot is 0. */
const slot = 1;

/** What a node must not change. */
function lookAround(): object {
  const settings = ["vm/overcommit_memory", "kernel/panic", "net/ipv4/ip_forward"];
  const folders = [
    "/var/lib/kubelet",
    "/var/lib/containerd",
    "/var/lib/cni",
    "/var/log/containers",
    "/var/log/pods",
    "/run/containerd",
    "/run/netns",
  ];
  return {
    settings: settings.map((name) => readFileSync(`/proc/sys/${name}`, "utf8")),
    folders: folders.filter((path) => existsSync(path)),
  };
}

/** The processes in the process namespace of `first`; the kernel ends them with it. */
function processesBeside(first: ProcessMark): ProcessMark[] {
  const namespaceOf = (pid: string | number): string | undefined => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
      return undefined; // gone
    }
  };
  const namespace = namespaceOf(first.pid);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && namespaceOf(name) === namespace)
    .flatMap((name) => markOf(Number(name)) ?? []);
}

interface Traces {
  readonly folder: string;
  readonly controlPlane: string;
  readonly processes: readonly ProcessMark[];
}

function tracesOf(folder: string): Traces {
  const first = findProcess(folder, "node-init");
  const details = readState(folder)?.details as NodeDetails | undefined;
  assert.ok(first && details);
  const recorded = [folder, details.controlPlane].flatMap(recordedProcesses);
  const outside = recorded.map(({ mark }) => mark as ProcessMark);
  const processes = [...outside, ...processesBeside(first)];
  return { folder, controlPlane: details.controlPlane, processes };
}

/** Everything of a node that still exists. */
function leftOf({ folder, controlPlane, processes }: Traces): string[] {
  const folders = [folder, controlPlane];
  const paths = [
    ...folders,
    ...cgroupTrees().map((tree) => join(tree, basename(folder))),
    join("/sys/class/net", linkName(folder)),
    machineLock(slot),
  ];
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return [
    ...paths.filter((path) => existsSync(path)),
    ...mounts.filter((line) => folders.some((path) => line.includes(path))),
    ...listInstances().filter((path) => folders.includes(path)),
    ...processes.filter(isRunning).map(({ pid }) => `process ${pid}`),
  ];
}

/** A pod whose process does not hear SIGTERM, so that nothing goes by itself. */
async function runStubbornPod(folder: string): Promise<void> {
  const node = openNode(folder);
  const command = ["--command", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
  const image = [`--image=${nodeImages.busybox}`, "--image-pull-policy=Never"];
  await node.kubectl("run", "stubborn", ...image, ...command);
  await node.kubectl("wait", "--for=condition=Ready", "pod/stubborn", "--timeout=120s");
}

describe("startNode()", { skip: (await whyNoNode()) ?? false }, () => {
  it("changes nothing of the machine, and stop() leaves nothing", async () => {
    const before = lookAround();
    const node = await startNode({ slot });
    let traces: Traces;
    try {
      await runStubbornPod(node.folder);
      traces = tracesOf(node.folder);
      const shown = leftOf(traces);
      for (const path of [node.folder, machineLock(slot)]) assert.ok(shown.includes(path));
      assert.ok(shown.filter((what) => what.startsWith("process ")).length >= 15);
      assert.ok(existsSync(join(cgroupTrees()[0] as string, basename(node.folder), "kubepods")));
    } finally {
      await node.stop();
    }
    assert.deepEqual(leftOf(traces), []);
    assert.deepEqual(lookAround(), before);
  });
});

describe("the starter of a node that is killed", { skip: (await whyNoNode()) ?? false }, () => {
  async function startElsewhere(): Promise<{ starter: ChildProcess; folder: string }> {
    const module = fileURLToPath(new URL("../../testbed/node/node.ts", import.meta.url));
    const script = `const { startNode } = await import(${JSON.stringify(module)});
      const node = await startNode({ slot: ${slot} });
      process.stdout.write(node.folder + "\\n");
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [chunk] = (await once(starter.stdout, "data")) as [Buffer];
    return { starter, folder: chunk.toString().trim() };
  }

  function watchdogOf({ pid }: ChildProcess): number {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    const isWatchdog = (child: string) =>
      readFileSync(`/proc/${child}/cmdline`, "utf8").includes("watchdog.ts");
    const found = children.find(isWatchdog);
    assert.ok(found);
    return Number(found);
  }

  it("leaves nothing", async () => {
    const { starter, folder } = await startElsewhere();
    await runStubbornPod(folder);
    const traces = tracesOf(folder);
    starter.kill("SIGKILL");
    await once(starter, "exit");
    const gone = () => leftOf(traces).length === 0;
    await waitFor("everything to be gone", gone, { timeoutMs: longMs }).catch(() => {});
    assert.deepEqual(leftOf(traces), []);
  });

  it("leaves a node to the next start when its watchdog is killed too", async () => {
    const { starter, folder } = await startElsewhere();
    await runStubbornPod(folder);
    const traces = tracesOf(folder);
    process.kill(watchdogOf(starter), "SIGKILL");
    starter.kill("SIGKILL");
    await once(starter, "exit");
    assert.ok(leftOf(traces).includes(machineLock(slot)));
    const next = await startNode({ slot });
    try {
      const left = leftOf(traces).filter((what) => what !== machineLock(slot));
      assert.deepEqual(left, []);
    } finally {
      await next.stop();
    }
    assert.equal(existsSync(machineLock(slot)), false);
  });
});
