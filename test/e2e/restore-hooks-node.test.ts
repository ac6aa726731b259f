/** Restore hooks in pods that run, on a real node, by the command as a user types it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Ark } from "../support/ark.ts";
import { busyboxPod } from "../support/busybox-pod.ts";
import type { HttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import {
  type NodeAccess,
  nodeImages,
  sharedNode,
  whyNoSharedNode,
} from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";

const post = (name: string) => `post.hook.restore.velero.io/${name}`;
const init = (name: string) => `init.hook.restore.velero.io/${name}`;
const sh = (script: string) => JSON.stringify(["sh", "-c", script]);

describe("regression 73: restore hooks on a real node", { skip: await whyNoSharedNode() }, () => {
  const namespace = uniqueNamespace("restore-hooks");
  const pods = `/api/v1/namespaces/${namespace}/pods`;
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

  async function makePod(name: string, annotations: object, container: object = {}): Promise<void> {
    const pod = busyboxPod({ namespace, name }, { annotations, container });
    await client.demand("POST", pods, JSON.stringify(pod));
  }

  const gone = () => node.kubectl("delete", "pods", "--all", "-n", namespace, "--grace-period=1");
  const inPod = (name: string, script: string): Promise<string> =>
    node.kubectl("exec", "-n", namespace, name, "--", "sh", "-c", script);

  it("run once the containers do; init containers before; the report has exit code and output", async () => {
    await makePod("db", {
      [post("command")]: sh("echo loading; echo loaded > /tmp/proof; echo done"),
      [init("container-image")]: nodeImages.busybox,
      [init("container-name")]: "prepare",
      [init("command")]: sh("true"),
    });
    await makePod("web", {});
    await makePod(
      "never",
      { [post("command")]: "go", [post("wait-timeout")]: "3s" },
      { image: "example.test/none:1" },
    );
    await ark.ok(
      ...["backup", "create", "b1", "--include-namespaces", namespace],
      ...["--include-resources", "pods", "--mode", "standalone"],
    );
    await gone();
    const file = join(ark.home, "hooks.yaml");
    writeFileSync(
      file,
      `resources:
- name: greet
  includedNamespaces: [${namespace}]
  postHooks:
  - exec: {command: [sh, -c, "echo hello; exit 4"], onError: Continue, waitForReady: true, waitTimeout: 240s}
  - exec: {command: [sh, -c, "echo again"], waitTimeout: 240s}
`,
    );
    const result = await ark.run(
      ...["restore", "create", "r1", "--from-backup", "b1", "--hooks-file", file],
      ...["--mode", "standalone", "--wait-for-ready", "--ready-timeout", "20s"],
    );
    const said = `${result.stdout}${result.stderr}`;
    assert.equal(result.status, 3, said);
    assert.equal(await inPod("db", "cat /tmp/proof"), "loaded\n");
    assert.match(said, /hooks 2 of 4 done/);
    assert.match(said, new RegExp(`${namespace}/db main: sh -c echo loading.* exit 0   done`));
    assert.match(said, /exit code 4 in container "main"; its output ended: hello/);
    assert.match(said, /waited 3 s for container "main" to run/);
    assert.match(said, /workloads: 2 of 3 ready/);
    assert.match(said, /never" is not ready: container "main": ErrImageNeverPull/);
    const db = JSON.parse((await client.demand("GET", `${pods}/db`)).toString());
    assert.equal(db.status.initContainerStatuses[0].name, "prepare");
    assert.equal(db.status.initContainerStatuses[0].state.terminated.exitCode, 0);
    const described = JSON.parse(await ark.ok("restore", "describe", "r1", "-o", "json"));
    assert.deepEqual(described.status.hookStatus, { hooksAttempted: 4, hooksFailed: 2 });
  });
});
