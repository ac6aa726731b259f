/** The controller library against a real API server. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createInformer } from "../../src/runtime/informer.ts";
import { createLeaderElection } from "../../src/runtime/leader-election.ts";
import type { LeaderTerm } from "../../src/runtime/leader-term.ts";
import { leaseKind } from "../../src/runtime/lease-record.ts";
import { writeStatus } from "../../src/runtime/write-status.ts";
import {
  type Connected,
  clock,
  connect,
  createConfigMap,
  createNamespace,
  json,
  parsed,
  signal,
} from "../support/real-cluster.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const skip = await whyNoTestbed();
/** So that a busy machine deposes nobody. */
const times = { durationMs: 15_000, deadlineMs: 13_000 };
const quiet = { write: () => undefined };

describe("src/runtime against a real API server", { skip, timeout: 600_000 }, () => {
  const namespace = uniqueNamespace("runtime");
  let at: Connected;
  let kubeconfig = "";

  before(async () => {
    kubeconfig = (await sharedControlPlane()).kubeconfig;
    at = await connect(kubeconfig);
    await createNamespace(at, namespace);
  });

  after(async () => {
    const ref = { kind: await at.kind("namespaces"), namespace: "", name: namespace };
    await at.cluster.remove(ref, { signal });
    await at.cluster.close();
  });

  it("an informer comes to hold what is there, page by page, and each change after it", async () => {
    const kind = await at.kind("configmaps");
    for (const name of ["a", "b", "c", "d", "e"]) {
      await createConfigMap(at, namespace, name, { value: "1" });
    }
    const informer = createInformer(
      { cluster: at.cluster, clock, log: quiet },
      {
        kind,
        namespace,
        pageSize: 2,
        keep: (object) => (parsed(object)["data"] as { value?: string } | undefined)?.value,
      },
    );
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    await informer.whenSynced(signal);
    const values = () => Object.fromEntries([...informer.entries()].sort());
    const [a, b] = [`${namespace}/a`, `${namespace}/b`];
    assert.deepEqual([informer.size, informer.get(a)], [5, "1"]);
    const settled = new Promise<void>((resolve) => {
      informer.onChange(({ key, after }) => {
        if (key === b && after === undefined) resolve();
      });
    });
    await at.cluster.patch(
      { kind, namespace, name: "a" },
      "merge",
      json({ data: { value: "2" } }),
      {
        signal,
      },
    );
    await at.cluster.remove({ kind, namespace, name: "b" }, { signal });
    await settled;
    assert.deepEqual([informer.size, informer.get(a), informer.error], [4, "2", undefined]);
    assert.ok(!(b in values()));
    stop.abort();
    await running;
  });

  it("writeStatus() wins over others who write the same object all the time", async () => {
    const kind = { ...(await at.kind("pods")) };
    const ref = { kind, namespace, name: "busy" };
    const containers = [{ name: "c", image: "none" }];
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "busy" }, spec: { containers } };
    const { uid } = await at.cluster.create(ref, json(pod), { signal });
    let done = false;
    let theirs = 0;
    const others = (async () => {
      for (; !done; theirs += 1) {
        const label = json({ metadata: { labels: { count: `${theirs}` } } });
        await at.cluster.patch(ref, "merge", label, { signal });
      }
    })();
    for (let round = 1; round <= 5; round += 1) {
      const written = await writeStatus(
        { cluster: at.cluster, clock },
        { ...ref, uid },
        (status) => ({ ...status, message: `round ${round}` }),
        { signal },
      );
      assert.equal(written, "written");
    }
    done = true;
    await others;
    const { status } = parsed(await at.cluster.get(ref, { signal })) as {
      readonly status: { readonly message: string };
    };
    assert.equal(status.message, "round 5");
    assert.ok(theirs > 0);
  });

  it("a leader that was stopped writes nothing after it was woken (SIGSTOP, SIGCONT)", async (t) => {
    const kind = await at.kind("configmaps");
    const work = { kind, namespace, name: "work" };
    await createConfigMap(at, namespace, "work", {});
    const script = fileURLToPath(new URL("../support/lease-holder.ts", import.meta.url));
    const args = [script, kubeconfig, namespace, "child", JSON.stringify(times)];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
    });
    const stop = new AbortController();
    // Either would keep this file from ending; a process that is stopped would outlive it.
    t.after(() => {
      stop.abort();
      child.kill("SIGKILL");
    });
    const told = tellingOf(child);
    const begun = lastOf(child.stdio[3] as Readable);
    assert.equal(await told(), "leads 1");

    const election = createLeaderElection(
      { cluster: at.cluster, clock, log: quiet },
      { namespace, name: "leader", identity: "standby", ...times },
    );
    let running: Promise<void> | undefined;
    const won = new Promise<LeaderTerm>((resolve) => {
      const lead = async (term: LeaderTerm) => {
        resolve(term);
        await once(stop.signal, "abort");
      };
      running = election.run(lead, stop.signal);
    });
    const isBusy = () => Number(begun()) >= 20;
    await waitFor("the child to write all the time", isBusy, { timeoutMs: 60_000 });
    process.kill(child.pid as number, "SIGSTOP");
    const term = await won;
    assert.equal(term.epoch, 2);
    const mine = await at.cluster.patch(work, "merge", json({ data: { by: "standby" } }), {
      signal,
      fence: term.fence,
    });
    const begunBefore = begun();
    process.kill(child.pid as number, "SIGCONT");
    assert.equal(await told(), "lost 1 ARK_LEADERSHIP_LOST");
    const found = await at.cluster.get(work, { signal });
    // One that had passed its fence when the process was stopped may be sent still; no other.
    if (found?.resourceVersion !== mine.resourceVersion) {
      assert.deepEqual(parsed(found)["data"], { epoch: "1", by: "child", count: begunBefore });
      t.diagnostic("the one write that was on its way was sent");
    }

    stop.abort();
    await running;
    assert.equal(await told(), "leads 3");
    process.kill(child.pid as number, "SIGTERM");
    assert.deepEqual([await told(), await told()], ["drained 3", "ended"]);
    if (child.exitCode === null) await once(child, "close");
    const lease = await at.cluster.get({ kind: leaseKind, namespace, name: "leader" }, { signal });
    const spec = parsed(lease)["spec"] as Record<string, unknown>;
    assert.deepEqual([spec["holderIdentity"], spec["leaseTransitions"]], ["", 3]);
  });
});

/** The last whole line so far. */
function lastOf(stream: Readable): () => string | undefined {
  let last: string | undefined;
  createInterface({ input: stream }).on("line", (line) => {
    last = line;
  });
  return () => last;
}

/** The lines of a process, one at each call; empty once it has ended. */
function tellingOf(child: ChildProcess): () => Promise<string> {
  assert.ok(child.stdout !== null);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const next = await lines.next();
    return next.done === true ? "" : next.value;
  };
}
