import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { Ark } from "../support/ark.ts";
import { busyboxPod } from "../support/busybox-pod.ts";
import type { HttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { untilAllowed } from "../support/new-namespace.ts";
import type { CommandResult } from "../support/run-command.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const timeoutMs = 240_000;
const key = (phase: "pre" | "post", name: string) => `${phase}.hook.backup.velero.io/${name}`;
const sh = (script: string) => JSON.stringify(["sh", "-c", script]);

/** Counts without end, but while it is frozen; says when it has noticed. */
const counter = `i=0
while :; do
  if [ -e /data/frozen ]; then touch /data/idle
  else rm -f /data/idle; i=$((i+1)); echo $i > /data/count; fi
done`;
const freeze =
  "touch /data/frozen; until [ -e /data/idle ]; do :; done; cat /data/count >> /data/at-freeze";
const thaw = "cat /data/count >> /data/at-thaw; rm -f /data/frozen; echo thawed >> /data/thaws";

describe("18: hooks on a real node", { skip: await whyNoSharedNode() }, () => {
  const namespace = uniqueNamespace("hooks");
  let node: NodeAccess;
  let ark: Ark;
  let front: HttpFront;
  let client: KubeClient;

  before(async () => {
    node = await sharedNode();
    ({ ark, front } = await createS3Ark(node.controlPlane.kubeconfig));
    client = connectKube(node.controlPlane.kubeconfig);
    await node.kubectl("create", "namespace", namespace);
  });
  after(async () => {
    await node?.kubectl("delete", "namespace", namespace, "--wait=false");
    await client?.close();
    await front?.close();
    ark?.remove();
  });
  afterEach(async () => {
    front.spoil = () => "pass";
    await node.kubectl("delete", "pods", "--all", "-n", namespace, "--grace-period=1");
  });

  interface Hooks {
    readonly pre?: string;
    readonly post?: string;
    readonly more?: Readonly<Record<string, string>>;
    readonly main?: string;
  }

  async function startPod(
    name: string,
    { pre, post, more = {}, main = counter }: Hooks,
  ): Promise<void> {
    const annotations = {
      ...(pre === undefined ? {} : { [key("pre", "command")]: sh(pre) }),
      ...(post === undefined ? {} : { [key("post", "command")]: sh(post) }),
      ...more,
    };
    const container = { command: ["sh", "-c", main] };
    const pod = busyboxPod({ namespace, name }, { annotations, container });
    await client.demand("POST", `/api/v1/namespaces/${namespace}/pods`, JSON.stringify(pod));
    await node.kubectl(
      "wait",
      "--for=condition=Ready",
      `pod/${name}`,
      "-n",
      namespace,
      "--timeout=240s",
    );
  }

  const inPod = (name: string, script: string): Promise<string> =>
    node.kubectl("exec", "-n", namespace, name, "--", "sh", "-c", script);
  const isFrozen = async (name: string): Promise<boolean> =>
    (await inPod(name, "[ -e /data/frozen ] && echo yes || echo no")) === "yes\n";
  const command = (name: string): string[] => [
    ...["backup", "create", name, "--include-namespaces", namespace],
    ...["--include-resources", "pods", "--mode", "standalone"],
  ];
  const backUp = (name: string, ...flags: readonly string[]): Promise<CommandResult> =>
    ark.run(...command(name), ...flags);
  const hookStatus = async (name: string): Promise<unknown> =>
    JSON.parse(await ark.ok("backup", "describe", name, "-o", "json")).status.hookStatus;

  it("freeze before and thaw after, and nothing changes in between", async () => {
    await startPod("db", { pre: freeze, post: thaw });
    const { status, stdout, stderr } = await backUp("good");
    assert.equal(status, 0, stdout + stderr);
    assert.deepEqual(await hookStatus("good"), { hooksAttempted: 2, hooksFailed: 0 });
    const [atFreeze, atThaw] = (await inPod("db", "cat /data/at-freeze /data/at-thaw"))
      .trim()
      .split("\n");
    assert.ok(Number(atFreeze) > 0);
    assert.equal(atThaw, atFreeze);
    assert.equal(await inPod("db", "ls /data/frozen 2>/dev/null || echo no"), "no\n");
  });

  it("that fail are errors in either mode, with exit code and last output; the pods are in the backup", async () => {
    const pre = "echo cannot freeze >&2; exit 7";
    await startPod("fail", { pre, post: thaw, more: { [key("pre", "on-error")]: "Fail" } });
    await startPod("go-on", { pre, post: thaw, more: { [key("pre", "on-error")]: "Continue" } });
    const { status, stdout } = await backUp("failing");
    assert.equal(status, 3);
    for (const name of ["fail", "go-on"]) {
      assert.match(stdout, new RegExp(`${namespace}/${name} failed: exit code 7.*cannot freeze`));
      assert.equal(await inPod(name, "cat /data/thaws"), "thawed\n");
    }
    assert.deepEqual(await hookStatus("failing"), { hooksAttempted: 4, hooksFailed: 2 });
    const pods = await ark.ok("backup", "ls", "failing", "pods", "-o", "name");
    assert.deepEqual(pods.trim().split("\n"), [
      `pods/${namespace}/fail`,
      `pods/${namespace}/go-on`,
    ]);
  });

  it("that hang are given up after their timeout, and the pod is thawed", async () => {
    // Long enough to begin on a busy machine: what begins after the thaw stays frozen.
    const more = { [key("pre", "timeout")]: "15s" };
    await startPod("db", { pre: "touch /data/frozen; sleep 600", post: thaw, more });
    const { status, stdout } = await backUp("hanging");
    assert.equal(status, 3);
    assert.match(stdout, /did not end within 15 s/);
    assert.equal(await inPod("db", "ls /data/frozen 2>/dev/null; cat /data/thaws"), "thawed\n");
  });

  it("that print 200 MB end well; what is left out is counted", async () => {
    await startPod("loud", {
      pre: "echo first; yes 0123456789abcde | head -c 209715200; echo; echo last",
      more: { [key("pre", "timeout")]: "10m" },
    });
    const { status, stdout, stderr } = await backUp("loud");
    assert.equal(status, 0, stdout + stderr);
    const log = await ark.ok("backup", "logs", "loud");
    const [, omitted = ""] = /omittedBytes="?(\d+)/.exec(log) ?? [];
    assert.ok(Number(omitted) > 209_000_000, log);
    assert.match(log, /last/);
  });

  it("that kill their container are no success", async () => {
    const main = "trap 'exit 3' TERM; while :; do sleep 1 & wait $!; done";
    await startPod("doomed", { pre: "kill -TERM 1; sleep 600", main });
    const { status, stdout } = await backUp("doomed");
    assert.equal(status, 3);
    assert.match(
      stdout,
      /pre hook .* failed: (exit code \d+|.*command's end was told|.*could not run)/,
    );
    assert.deepEqual(await hookStatus("doomed"), { hooksAttempted: 1, hooksFailed: 1 });
  });

  it("that are missing their container or their program are told apart", async () => {
    await startPod("nowhere", { pre: "true", more: { [key("pre", "container")]: "nope" } });
    await startPod("nothing", { more: { [key("pre", "command")]: "/bin/no-such-program" } });
    const { status, stdout } = await backUp("missing");
    assert.equal(status, 3);
    assert.match(stdout, /no container "nope", only main/);
    assert.match(stdout, /nothing failed: .*no-such-program/);
  });

  it("that the user may not run are named with the rights that are missing", async () => {
    await startPod("db", { pre: freeze, post: thaw });
    await node.kubectl(
      "create",
      "role",
      "reader",
      "-n",
      namespace,
      "--verb=get,list",
      "--resource=pods",
    );
    await node.kubectl(
      "create",
      "rolebinding",
      "reader",
      "-n",
      namespace,
      "--role=reader",
      "--user=reader",
    );
    await untilAllowed(client, "reader", { namespace, verb: "list", resource: "pods" });
    const { status, stdout } = await backUp(
      "forbidden",
      "--as",
      "reader",
      "--as-group",
      "system:authenticated",
    );
    assert.equal(status, 3);
    assert.match(stdout, /cannot get resource "pods\/exec"/);
    assert.match(stdout, /"get" and "create" on "pods\/exec"/);
    assert.equal(await inPod("db", "ls /data/thaws 2>/dev/null || echo never"), "never\n");
  });

  it("are thawed after Ctrl-C", async () => {
    await startPod("db", {
      pre: "touch /data/frozen; sleep 600",
      post: thaw,
      more: { [key("pre", "timeout")]: "10m" },
    });
    let pid = 0;
    const ended = ark.runWith(
      {
        onPid: (started) => {
          pid = started;
        },
      },
      ...command("stopped"),
    );
    await waitFor("the freeze", () => isFrozen("db"), { timeoutMs });
    process.kill(pid, "SIGINT");
    const { status } = await ended;
    assert.equal(status, 130);
    assert.equal(await isFrozen("db"), false);
    assert.equal(await inPod("db", "cat /data/thaws"), "thawed\n");
  });

  it("are thawed by the same command after a kill between record and freeze", async () => {
    await startPod("db", { pre: freeze, post: thaw });
    let pid = 0;
    front.spoil = ({ method, url }) => {
      if (method !== "PUT" || !/runs\/[^/]+\/thaw-1/.test(decodeURIComponent(url))) return "pass";
      process.kill(pid, "SIGKILL");
      return "hang";
    };
    const killed = await ark.runWith(
      {
        onPid: (started) => {
          pid = started;
        },
      },
      ...command("recorded"),
    );
    assert.equal(killed.status, -1);
    front.spoil = () => "pass";
    assert.equal(await inPod("db", "ls /data/at-freeze 2>/dev/null || echo never"), "never\n");
    const again = await backUp("recorded");
    assert.equal(again.status, 0, again.stdout + again.stderr);
    // Nobody can know whether the freeze had begun: what is owed is paid, then the hooks run.
    assert.equal(await inPod("db", "cat /data/thaws"), "thawed\nthawed\n");
    assert.equal(await isFrozen("db"), false);
  });

  it("are thawed by the same command after a kill between freeze and thaw", async () => {
    const once = "touch /data/frozen; [ -e /data/hung ] || { touch /data/hung; sleep 600; }";
    await startPod("db", { pre: once, post: thaw, more: { [key("pre", "timeout")]: "10m" } });
    let pid = 0;
    const ended = ark.runWith(
      {
        onPid: (started) => {
          pid = started;
        },
      },
      ...command("frozen"),
    );
    await waitFor("the freeze", () => isFrozen("db"), { timeoutMs });
    process.kill(pid, "SIGKILL");
    assert.equal((await ended).status, -1);
    assert.equal(await isFrozen("db"), true);
    const again = await backUp("frozen");
    assert.equal(again.status, 0, again.stdout + again.stderr);
    assert.equal(await isFrozen("db"), false);
    assert.equal(await inPod("db", "cat /data/thaws"), "thawed\nthawed\n");
  });
});
