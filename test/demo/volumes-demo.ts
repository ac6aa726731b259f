/** `npm run demo -- --volumes`: a volume with data is lost with its namespace and brought back, twice. */
import { type Ark, createArk } from "../support/ark.ts";
import { csiApplication } from "../support/csi-application.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { waitFor } from "../testbed/wait.ts";
import { arkStep, indent, say, step } from "./telling.ts";

const timeoutMs = 240_000;

/** What the application's hooks do: the file is there only while the application is frozen. */
const hooks = {
  "pre.hook.backup.velero.io/command": '["sh","-c","sync; touch /data/frozen"]',
  "post.hook.backup.velero.io/command": '["sh","-c","rm /data/frozen"]',
};

/** Answers whether all came back as it was. Throws where a step fails. */
export async function demonstrateVolumes(): Promise<boolean> {
  const reason = await whyNoSharedNode();
  if (reason !== false) {
    process.stderr.write(
      `npm run demo -- --volumes needs a node with a CSI driver, which it makes itself: root on Debian 12 (x64), and Go.\nNot here: ${reason}\nWithout volumes, and without root: npm run demo\n`,
    );
    return false;
  }
  process.stderr.write(
    "starting a node with a CSI driver; where another demo or test has it, this waits\n",
  );
  const node = await sharedNode();
  say(
    "cluster   a real node, made on this machine: containerd, kubelet, and a CSI driver with Kubernetes' own snapshotter",
  );
  const ark = createArk(node.controlPlane.kubeconfig);
  const namespace = `ark-demo-${crypto.randomUUID().slice(0, 6)}`;
  const copy = `${namespace}-copy`;
  try {
    await ark.ok("mode", "set", "standalone");
    return await story({ node, ark, namespace, copy });
  } finally {
    for (const name of [namespace, copy]) {
      await node.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=240s");
    }
    ark.remove();
    say("clean-up  namespaces, backup and its snapshot are removed");
  }
}

interface Stage {
  readonly node: NodeAccess;
  readonly ark: Ark;
  readonly namespace: string;
  readonly copy: string;
}

async function story(stage: Stage): Promise<boolean> {
  const { node, ark, namespace, copy } = stage;
  await step(
    "app",
    () => createApplication(stage),
    () => `a pod with a CSI volume of 1 GiB and three files in it, in namespace ${namespace}`,
  );
  const before = await seen(stage, namespace);
  say(indent(before.hashes));
  await arkStep(ark, "backup", ["backup", "create", "nightly", "--include-namespaces", namespace]);
  await step(
    "disaster",
    () => loseNamespace(stage),
    () => `namespace ${namespace} is deleted, its claim, its volume and the folder behind it too`,
  );
  say(
    `          left of it: ${(await node.kubectl("get", "pv", "-o", "name")).includes(before.volume) ? "the volume" : "nothing"}`,
  );
  await arkStep(ark, "restore", ["restore", "create", "back", "--from-backup", "nightly"]);
  const back = await compare(stage, namespace, before);
  const mapping = `${namespace}:${copy}`;
  await arkStep(ark, "copy", [
    ...["restore", "create", "copied", "--from-backup", "nightly"],
    ...["--namespace-mappings", mapping],
  ]);
  const copied = await compare(stage, copy, before);
  await arkStep(ark, "delete", ["backup", "delete", "nightly", "--confirm"]);
  return back && copied;
}

async function createApplication({ node, namespace }: Stage): Promise<void> {
  await node.kubectl("create", "namespace", namespace);
  for (const object of csiApplication(namespace, hooks)) await node.apply(object);
  await awaitReady(node, namespace);
  const script =
    "mkdir /data/orders && echo 42 >/data/orders/last && date >/data/opened && head -c 3000000 /dev/urandom >/data/orders/table && sync";
  await inPod(node, namespace, script);
}

const awaitReady = (node: NodeAccess, namespace: string): Promise<string> =>
  node.kubectl("wait", "--for=condition=Ready", "pod/db", "-n", namespace, "--timeout=240s");

const inPod = (node: NodeAccess, namespace: string, script: string): Promise<string> =>
  node.kubectl("exec", "-n", namespace, "db", "--", "sh", "-c", script);

interface Seen {
  readonly volume: string;
  /** Uids of pod, claim and volume. */
  readonly uids: readonly string[];
  readonly hashes: string;
  /** Whether the volume is as it was while the application was frozen. */
  readonly frozen: boolean;
}

async function seen({ node }: Stage, namespace: string): Promise<Seen> {
  await awaitReady(node, namespace);
  const uid = "jsonpath={.metadata.uid}";
  const inside = ["-n", namespace, "-o"];
  const volume = await node.kubectl("get", "pvc", "data", ...inside, "jsonpath={.spec.volumeName}");
  const uids = [
    await node.kubectl("get", "pod", "db", ...inside, uid),
    await node.kubectl("get", "pvc", "data", ...inside, uid),
    await node.kubectl("get", "pv", volume, "-o", uid),
  ];
  const list = "cd /data && find . -type f ! -name frozen | sort | xargs sha256sum";
  const mark = await inPod(node, namespace, "ls /data");
  const frozen = mark.split("\n").includes("frozen");
  return { volume, uids, hashes: await inPod(node, namespace, list), frozen };
}

async function loseNamespace({ node, namespace }: Stage): Promise<void> {
  await node.kubectl("delete", "namespace", namespace, "--timeout=240s");
  await waitFor(
    "the volume to go",
    async () => !(await node.kubectl("get", "pv")).includes(`${namespace}/data`),
    { timeoutMs },
  );
}

async function compare(stage: Stage, namespace: string, before: Seen): Promise<boolean> {
  const after = await step(
    "compare",
    () => seen(stage, namespace),
    () => `the pod of namespace ${namespace} runs`,
  );
  const isSame = after.hashes === before.hashes;
  const isNew = after.uids.every((uid) => !before.uids.includes(uid));
  say(`          files: ${isSame ? "all with the same bytes" : "DIFFERENT"}`);
  if (!isSame) say(indent(after.hashes));
  say(`          pod, claim and volume: ${isNew ? "all new, with new uids" : "NOT NEW"}`);
  const cut = after.frozen
    ? "while the application was frozen by its pre hook"
    : "NOT WHILE FROZEN";
  say(`          the snapshot was cut ${cut}`);
  return isSame && isNew && after.frozen;
}
