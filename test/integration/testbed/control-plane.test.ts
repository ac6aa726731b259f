import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureBinary } from "../../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../testbed/control-plane.ts";
import { immediateExpiry } from "../../testbed/control-plane-commands.ts";
import { listInstances, readState, recordedProcesses } from "../../testbed/instance-folder.ts";
import { isRunning, type ProcessMark } from "../../testbed/process-table.ts";
import { waitFor } from "../../testbed/wait.ts";

const execute = promisify(execFile);
const longMs = 120_000;

async function kubectl(kubeconfig: string, ...args: string[]): Promise<string> {
  const file = await ensureBinary("kubectl");
  const { stdout } = await execute(file, ["--kubeconfig", kubeconfig, ...args]);
  return stdout;
}

async function getRaw(kubeconfig: string, path: string): Promise<Record<string, never>> {
  return JSON.parse(await kubectl(kubeconfig, "get", "--raw", path)) as Record<string, never>;
}

function marksIn(folder: string): ProcessMark[] {
  return recordedProcesses(folder).map(({ mark }) => mark as ProcessMark);
}

function isListed(folder: string): boolean {
  return listInstances().includes(folder);
}

describe("startControlPlane()", () => {
  let plane: ControlPlane;
  before(async () => {
    plane = await startControlPlane({ apiServerFlags: [immediateExpiry] });
  });
  after(() => plane.stop());

  it("comes up with working controllers and answers as its version", async () => {
    const version = await getRaw(plane.kubeconfig, "/version");
    assert.match(version["gitVersion"] ?? "", /^v1\.34\./);
    await kubectl(plane.kubeconfig, "create", "namespace", "fresh");
    const account = () =>
      kubectl(plane.kubeconfig, "-n", "fresh", "get", "serviceaccount/default", "-o", "name").catch(
        () => undefined,
      );
    const name = await waitFor("the account of a new namespace", account, { timeoutMs: longMs });
    assert.equal(name.trim(), "serviceaccount/default");
  });

  it("listens on 127.0.0.1 only and keeps its folder to itself", () => {
    const { server, etcdUrl, folder } = plane;
    for (const url of [server, etcdUrl]) assert.equal(new URL(url).hostname, "127.0.0.1");
    assert.ok(basename(folder).length < 20, "unix sockets need short paths");
    assert.match(readFileSync(plane.kubeconfig, "utf8"), /^kind: Config$/m);
  });

  it("kubeconfigForUser() gives a user whom RBAC refuses until it is told otherwise", async () => {
    const jane = plane.kubeconfigForUser("jane", ["dev:team"]);
    await assert.rejects(kubectl(jane, "get", "configmaps"), /Forbidden/);
    const binding = ["clusterrolebinding", "team", "--clusterrole=view", "--group=dev:team"];
    await kubectl(plane.kubeconfig, "create", ...binding);
    const allowed = () =>
      kubectl(jane, "get", "configmaps", "-o", "name").catch((error: Error) => {
        assert.match(error.message, /Forbidden/);
        return undefined;
      });
    const names = await waitFor("the binding to count", allowed, { timeoutMs: longMs });
    assert.match(names, /configmap\/kube-root-ca\.crt/);
  });

  it("kubeconfigForToken() gives the bearer of a service account token", async () => {
    const token = await kubectl(plane.kubeconfig, "create", "token", "default");
    const bearer = plane.kubeconfigForToken(token.trim());
    assert.match(await kubectl(bearer, "auth", "whoami"), /system:serviceaccount:default:default/);
  });

  it("compact() makes continue tokens expire", async () => {
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=2";
    const page = (await getRaw(plane.kubeconfig, path)) as { metadata?: { continue?: string } };
    const token = page.metadata?.continue;
    assert.ok(token);
    await kubectl(plane.kubeconfig, "create", "namespace", "makes-a-revision");
    assert.ok((await plane.compact()) > 0);
    await assert.rejects(
      getRaw(plane.kubeconfig, `${path}&continue=${token}`),
      /\(Expired\)|too old/,
    );
  });

  it("restart() brings a killed API server back at the same address", async () => {
    const former = plane.pid("kube-apiserver");
    plane.signal("kube-apiserver", "SIGKILL");
    await plane.restart("kube-apiserver");
    assert.notEqual(plane.pid("kube-apiserver"), former);
    assert.match(await kubectl(plane.kubeconfig, "get", "namespaces"), /makes-a-revision/);
  });

  it("stop() leaves no process and no folder, and can keep the etcd data for another", async () => {
    const uid = ["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"];
    const before = await kubectl(plane.kubeconfig, ...uid);
    const marks = marksIn(plane.folder);
    assert.deepEqual(marks.map(isRunning), [true, true, true]);
    const parent = mkdtempSync(join(tmpdir(), "ark-keep-"));
    const keepEtcd = join(parent, "etcd");
    await plane.stop({ keepEtcd });
    assert.deepEqual(marks.map(isRunning), [false, false, false]);
    assert.equal(existsSync(plane.folder), false);
    assert.equal(isListed(plane.folder), false);

    const again = await startControlPlane({ etcdFolder: keepEtcd });
    try {
      assert.equal(await kubectl(again.kubeconfig, ...uid), before);
    } finally {
      await again.stop();
      rmSync(parent, { recursive: true });
    }
  });

  it("says what the API server said when it cannot start, and leaves nothing", async () => {
    await assert.rejects(
      startControlPlane({ apiServerFlags: ["--no-such-flag"] }),
      /kube-apiserver ended \(exit status 1\).*unknown flag: --no-such-flag/s,
    );
    const own = listInstances().filter((folder) => readState(folder)?.starter.pid === process.pid);
    assert.deepEqual(own, []);
  });
});

describe("a starter that is killed", () => {
  async function startElsewhere(): Promise<{ starter: ChildProcess; folder: string }> {
    const module = fileURLToPath(new URL("../../testbed/control-plane.ts", import.meta.url));
    const script = `const { startControlPlane } = await import(${JSON.stringify(module)});
      const plane = await startControlPlane();
      process.stdout.write(plane.folder + "\\n");
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [chunk] = (await once(starter.stdout, "data")) as [Buffer];
    return { starter, folder: chunk.toString().trim() };
  }

  it("leaves no process and no folder", async () => {
    const { starter, folder } = await startElsewhere();
    const marks = marksIn(folder);
    assert.deepEqual(marks.map(isRunning), [true, true, true]);
    starter.kill("SIGKILL");
    await once(starter, "exit");
    const gone = () => !existsSync(folder) && !isListed(folder);
    await waitFor("everything to be gone", gone, { timeoutMs: longMs });
    assert.deepEqual(marks.map(isRunning), [false, false, false]);
  });
});
