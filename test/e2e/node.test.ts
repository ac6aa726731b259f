import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import {
  type NodeAccess,
  nodeImages,
  sharedNode,
  whyNoSharedNode,
} from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { waitFor } from "../testbed/wait.ts";

const namespace = uniqueNamespace("node");

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace, labels: { app: "web" } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: "main",
        image: nodeImages.busybox,
        imagePullPolicy: "Never",
        command: [
          "sh",
          "-c",
          "trap 'exit 1' TERM; echo started; echo served >/data/index.html; httpd -f -p 8080 -h /data & wait",
        ],
        readinessProbe: { httpGet: { port: 8080, path: "/index.html" }, periodSeconds: 1 },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ],
    volumes: [{ name: "data", emptyDir: {} }],
  },
};
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
};

interface Answer {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

describe("a real node", { skip: await whyNoSharedNode() }, () => {
  let node: NodeAccess;

  async function kubectl(args: readonly string[], input = ""): Promise<Answer> {
    const target = ["--kubeconfig", node.controlPlane.kubeconfig, "--namespace", namespace];
    const child = spawn(await ensureBinary("kubectl"), [...target, ...args]);
    child.stdin.end(input);
    const streams = [text(child.stdout), text(child.stderr)] as const;
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const [output, errors] = await Promise.all(streams);
    return { status: await ended, output, errors };
  }

  before(async () => {
    node = await sharedNode();
    await node.kubectl("create", "namespace", namespace);
    const list = { apiVersion: "v1", kind: "List", items: [pod, service] };
    const applied = await kubectl(["apply", "-f", "-"], JSON.stringify(list));
    assert.equal(applied.status, 0, applied.errors);
  });
  after(() => node?.kubectl("delete", "namespace", namespace, "--wait=false"));

  it("runs a pod until it is Ready and keeps what it printed", async () => {
    const ready = await kubectl(["wait", "--for=condition=Ready", "pod/web", "--timeout=240s"]);
    assert.equal(ready.status, 0, ready.errors + (await kubectl(["describe", "pod"])).output);
    assert.equal((await kubectl(["logs", "web"])).output, "started\n");
  });

  it("carries both streams and the exit status of an exec through the API server", async () => {
    const command = ["sh", "-c", "cat; echo said >&2; exit 7"];
    const answer = await kubectl(["exec", "-i", "web", "--", ...command], "asked");
    assert.equal(answer.output, "asked");
    assert.match(answer.errors, /^said\ncommand terminated with exit code 7/);
    assert.equal(answer.status, 7);
  });

  it("serves a Service to pods and to this machine through kube-proxy", async () => {
    const ip = await kubectl(["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]);
    const url = `http://${ip.output}/index.html`;
    // kube-proxy hears of a Ready pod a little later.
    const served = async () => (await fetch(url).catch(() => undefined))?.text();
    assert.equal(await waitFor(url, served, { timeoutMs: 240_000 }), "served\n");
    const inside = await kubectl(["exec", "web", "--", "wget", "-q", "-O", "-", url]);
    assert.equal(inside.output, "served\n", inside.errors);
  });

  it("lets a pod reach the API server as its service account", async () => {
    const script = `cd /var/run/secrets/kubernetes.io/serviceaccount
      echo | nc -w 60 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" && ls`;
    const answer = await kubectl(["exec", "web", "--", "sh", "-c", script]);
    assert.deepEqual(answer.output.match(/^(?:ca\.crt|namespace|token)$/gm), [
      "ca.crt",
      "namespace",
      "token",
    ]);
  });

  it("tells of a command that was killed, and starts a killed container again", async () => {
    assert.equal((await kubectl(["exec", "web", "--", "sh", "-c", "kill -9 $$"])).status, 137);
    await kubectl(["exec", "web", "--", "kill", "1"]);
    const restarted = await kubectl([
      "wait",
      "--for=jsonpath={.status.containerStatuses[0].restartCount}=1",
      "pod/web",
      "--timeout=240s",
    ]);
    assert.equal(restarted.status, 0, restarted.errors);
  });
});
