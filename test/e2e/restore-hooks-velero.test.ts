/** Restore hooks in pods that run: the same backup restored by real Velero and by ark-ts, pod by pod. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { busyboxPod } from "../support/busybox-pod.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import {
  type NodeAccess,
  nodeImages,
  sharedNode,
  whyNoSharedNode,
} from "../support/shared-node.ts";
import { sharedMinio, uniqueBucket, uniqueNamespace } from "../support/shared-testbed.ts";
import { startVelero, type Velero } from "../testbed/velero.ts";
import { waitFor } from "../testbed/wait.ts";

const timeoutMs = 240_000;
const post = (name: string) => `post.hook.restore.velero.io/${name}`;
const init = (name: string) => `init.hook.restore.velero.io/${name}`;
const say = (word: string) => `echo ${word} >> /data/ran`;
const sh = (script: string) => ["sh", "-c", script];
const text = (script: string) => JSON.stringify(sh(script));
const fails = (word: string) => `${say(word)}; exit 1`;
const forever = "trap 'exit 0' TERM; while :; do sleep 1; done";

interface Case {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly container?: object;
  /** Its container never runs, so nothing can be asked in it. */
  readonly neverRuns?: true;
  /** Hooks attempted and failed. Velero's own stay at 0 at times, by chance, and then it knows of no failure. */
  readonly counts: readonly [number, number];
  /** What ark-ts does; Velero is not asked. */
  readonly alone?: Outcome;
}

/** Each is the pod of one restore: in Velero what fails in one pod keeps hooks of others back. */
const cases: Readonly<Record<string, Case>> = {
  plain: { counts: [1, 0], annotations: { [post("command")]: text(say("post")) } },
  fails: { counts: [1, 1], annotations: { [post("command")]: text(fails("post")) } },
  "fails-fail": {
    counts: [1, 1],
    annotations: { [post("command")]: text(fails("post")), [post("on-error")]: "Fail" },
  },
  slow: {
    counts: [1, 1],
    annotations: {
      [post("command")]: text(`${say("begun")}; sleep 600; ${say("ended")}`),
      [post("exec-timeout")]: "15s",
    },
  },
  "waits-for-ready": {
    counts: [1, 0],
    annotations: {
      [post("command")]: text(`test -f /data/ready && ${say("was-ready")}`),
      [post("wait-for-ready")]: "true",
      [post("wait-timeout")]: "2m",
    },
    container: {
      command: sh(`sleep 3; touch /data/ready; ${forever}`),
      readinessProbe: { exec: { command: ["test", "-f", "/data/ready"] }, periodSeconds: 1 },
    },
  },
  "never-runs": {
    counts: [1, 1],
    annotations: { [post("command")]: text(say("post")), [post("wait-timeout")]: "3s" },
    container: { image: "example.test/none:1" },
    neverRuns: true,
  },
  // Velero's restore of it had not ended after four minutes, and others waited behind it.
  "no-container": {
    counts: [0, 0],
    annotations: { [post("command")]: text(say("post")), [post("container")]: "nope" },
    alone: {
      phase: "Completed",
      ran: [],
      initContainers: [],
    },
  },
  "not-json": { counts: [1, 0], annotations: { [post("command")]: "true" } },
  prepared: {
    counts: [0, 0],
    annotations: {
      [init("container-image")]: nodeImages.busybox,
      [init("container-name")]: "prepare",
      [init("command")]: text("true"),
    },
  },
  spec: { counts: [3, 1] },
  stop: { counts: [2, 2] },
  "spec-and-own": { counts: [1, 0], annotations: { [post("command")]: text(say("own")) } },
};

const exec = (script: string, more: object = {}) => ({ exec: { command: sh(script), ...more } });
const initContainer = {
  name: "from-spec",
  image: nodeImages.busybox,
  imagePullPolicy: "Never",
  command: sh(say("init")),
  volumeMounts: [{ name: "data", mountPath: "/data" }],
};
const hooks = {
  resources: [
    {
      name: "s",
      labelSelector: {
        matchExpressions: [{ key: "case", operator: "In", values: ["spec", "spec-and-own"] }],
      },
      postHooks: [
        { init: { initContainers: [initContainer] } },
        exec(say("s1")),
        exec(fails("s2"), { onError: "Continue" }),
        exec(say("s3")),
      ],
    },
    {
      name: "t",
      includedResources: ["po"],
      labelSelector: { matchLabels: { case: "stop" } },
      postHooks: [exec(fails("t1"), { onError: "Fail" }), exec(say("t2"))],
    },
  ],
};

interface Outcome {
  readonly phase: string;
  /** What the pod was told to run, in order. */
  readonly ran: readonly string[];
  readonly initContainers: readonly string[];
}

interface RestoreStatus {
  readonly phase: string;
  readonly hookStatus?: { readonly hooksAttempted?: number; readonly hooksFailed?: number };
}

interface Restored {
  readonly outcome: Outcome;
  readonly counts: readonly [number, number];
}

function countsOf({ hookStatus = {} }: RestoreStatus): readonly [number, number] {
  return [hookStatus.hooksAttempted ?? 0, hookStatus.hooksFailed ?? 0];
}

describe("restore hooks, beside real Velero", { skip: await whyNoSharedNode() }, () => {
  const namespace = uniqueNamespace("rehooked");
  const veleroNamespace = uniqueNamespace("velero");
  let node: NodeAccess;
  let client: KubeClient;
  let velero: Velero;
  let ark: Ark;

  before(async () => {
    node = await sharedNode();
    const minio = await sharedMinio();
    const bucket = uniqueBucket("rehooks");
    await minio.createBucket(bucket);
    client = connectKube(node.controlPlane.kubeconfig);
    const { accessKeyId, secretAccessKey, region, endpoint } = minio;
    ark = createArk(node.controlPlane.kubeconfig, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    const config = `region=${region},s3Url=${endpoint},s3ForcePathStyle=true`;
    await ark.ok("backup-location", "set", "b", `s3://${bucket}`, "--config", config, "--default");
    writeFileSync(join(ark.home, "hooks.json"), JSON.stringify(hooks));
    velero = await startVelero(node.controlPlane, minio, { bucket, namespace: veleroNamespace });
    await node.kubectl("create", "namespace", namespace);
    for (const [name, one] of Object.entries(cases)) await createPod(name, one);
    await backUp();
    await clear();
  });
  after(async () => {
    await node?.kubectl("delete", "namespace", namespace, veleroNamespace, "--wait=false");
    await velero?.stop();
    await client?.close();
    ark?.remove();
  });

  async function createPod(name: string, { annotations = {}, container }: Case): Promise<void> {
    const pod = busyboxPod(
      { namespace, name },
      { annotations, labels: { case: name }, container: { command: sh(forever), ...container } },
    );
    await client.demand("POST", `/api/v1/namespaces/${namespace}/pods`, JSON.stringify(pod));
  }

  const clear = (): Promise<string> =>
    node.kubectl("delete", "pods", "--all", "-n", namespace, "--grace-period=1");

  async function createOfVelero(kind: "Backup" | "Restore", name: string, spec: object) {
    const resource = `${kind.toLowerCase()}s`;
    const path = `/apis/velero.io/v1/namespaces/${veleroNamespace}/${resource}`;
    const body = { apiVersion: "velero.io/v1", kind, metadata: { name }, spec };
    await client.demand("POST", path, JSON.stringify(body));
    return await waitFor(
      `Velero's ${kind} ${name}`,
      async (): Promise<RestoreStatus | undefined> => {
        const { status } = JSON.parse((await client.demand("GET", `${path}/${name}`)).toString());
        return status?.completionTimestamp === undefined ? undefined : status;
      },
      { timeoutMs, everyMs: 300 },
    );
  }

  async function backUp(): Promise<void> {
    const status = await createOfVelero("Backup", "b", {
      includedNamespaces: [namespace],
      includedResources: ["pods"],
      storageLocation: "default",
      snapshotVolumes: false,
    });
    assert.equal(status.phase, "Completed");
  }

  /** Waits for the pod's own containers, whose hooks have run by then, and takes it away. */
  async function outcomeOf(name: string, status: RestoreStatus): Promise<Outcome> {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const words: string[] = [];
    if (cases[name]?.neverRuns === undefined) {
      const ready = ["wait", "--for=condition=Ready", `pod/${name}`, "-n", namespace];
      await node.kubectl(...ready, "--timeout=240s");
      const cat = ["exec", "-n", namespace, name, "-c", "main", "--", "sh", "-c"];
      const said = await node.kubectl(...cat, "cat /data/ran 2>/dev/null || true");
      words.push(...said.split("\n").filter((word) => word !== ""));
    }
    const pod = JSON.parse((await client.demand("GET", path)).toString());
    await clear();
    const containers: { name: string }[] = pod.spec.initContainers ?? [];
    return {
      phase: status.phase,
      ran: words,
      initContainers: containers.map((container) => container.name),
    };
  }

  async function byVelero(name: string): Promise<Restored> {
    const status = await createOfVelero("Restore", name, {
      backupName: "b",
      includedNamespaces: [namespace],
      labelSelector: { matchLabels: { case: name } },
      hooks,
    });
    return { outcome: await outcomeOf(name, status), counts: countsOf(status) };
  }

  async function byArk(name: string): Promise<Restored> {
    await ark.run(
      ...["restore", "create", `ark-${name}`, "--from-backup", "b", "--selector", `case=${name}`],
      ...["--hooks-file", join(ark.home, "hooks.json"), "--mode", "standalone"],
    );
    const described = await ark.ok("restore", "describe", `ark-${name}`, "-o", "json");
    const { status } = JSON.parse(described);
    return { outcome: await outcomeOf(name, status), counts: countsOf(status) };
  }

  for (const [name, { alone, counts }] of Object.entries(cases)) {
    it(`${name}: the same commands run, and end the restore alike`, async (t: TestContext) => {
      const theirs = alone ?? (await byVelero(name));
      t.diagnostic(JSON.stringify(theirs));
      const ours = await byArk(name);
      const { phase: ownPhase, ...did } = ours.outcome;
      const { phase, ...asked } = "outcome" in theirs ? theirs.outcome : theirs;
      assert.deepEqual(did, asked);
      assert.deepEqual(ours.counts, counts);
      assert.equal(ownPhase, counts[1] > 0 ? "PartiallyFailed" : "Completed");
      if ("counts" in theirs && theirs.counts[0] > 0) {
        assert.deepEqual([phase, theirs.counts], [ownPhase, counts]);
      }
    });
  }

  it("a hook of a container that the pod does not have is a warning", async () => {
    const said = await ark.ok("restore", "describe", "ark-no-container");
    assert.match(
      said,
      /Warnings:\n.*no-container" has no container "nope": its restore hook was left out/s,
    );
  });
});
