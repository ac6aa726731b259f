/** `npm run demo`: an application is backed up, lost, brought back and compared. */
import { parseArgs } from "node:util";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { systemClock } from "../support/api-server/api-server.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { isAtRest } from "../support/oracle/at-rest.ts";
import { type ClusterState, objectKey } from "../support/oracle/cluster-state.ts";
import { compareStates } from "../support/oracle/compare-states.ts";
import { waitFor } from "../testbed/wait.ts";
import { type DemoCluster, openDemoCluster } from "./demo-cluster.ts";
import { createApplication, deleteNamespace, readNamespace } from "./namespace-state.ts";
import { arkStep, indent, say, step } from "./telling.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    context: { type: "string" },
    volumes: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help === true) {
  say(
    "npm run demo [-- --kubeconfig FILE [--context NAME]]: back up, lose and restore a small application\nnpm run demo -- --volumes: the same with the data of a volume, on a node of its own (root on Debian 12)",
  );
  process.exit(0);
}
async function connect(cluster: DemoCluster): Promise<Cluster> {
  const access = await openServerAccess({
    env: process.env,
    homeDirectory: process.env["HOME"] ?? "/",
    clock: systemClock,
    ...(cluster.kubeconfig === undefined ? {} : { kubeconfig: cluster.kubeconfig }),
    ...(values.context === undefined ? {} : { context: values.context }),
  });
  return connectCluster(access, systemClock);
}

/** Controllers go on writing after the last create, until they have seen all and nothing changes. */
async function settled(
  cluster: Cluster,
  namespace: string,
  isWhole: (state: ClusterState) => boolean,
): Promise<ClusterState> {
  let last = "";
  let state: ClusterState = new Map();
  const look = async (): Promise<boolean> => {
    state = await readNamespace(cluster, namespace);
    const now = [...state.keys()].sort().join();
    const isSame = now === last && state.size > 0;
    last = now;
    return isSame && isWhole(state);
  };
  // What does not come to rest is told as it is.
  await waitFor("rest", look, { timeoutMs: 120_000, everyMs: 500 }).catch(() => undefined);
  return state;
}

async function story(target: DemoCluster, cluster: Cluster, ark: Ark): Promise<boolean> {
  const isRested = target.hasControllers ? isAtRest : () => true;
  const namespace = `ark-demo-${crypto.randomUUID().slice(0, 6)}`;
  const cutShort = (): void => {
    process.stderr.write(`\ninterrupted; deleting namespace ${namespace}\n`);
    void deleteNamespace(cluster, namespace)
      .catch((error: Error) => process.stderr.write(`${error.message}\n`))
      .then(() => process.exit(130));
  };
  if (values.kubeconfig !== undefined) process.once("SIGINT", cutShort);
  try {
    await step(
      "app",
      () => createApplication(cluster, namespace),
      (n) => `${n} objects of a small shop created in namespace ${namespace}`,
    );
    const before = await step(
      "",
      () => settled(cluster, namespace, isRested),
      (s) => `${s.size} objects once the controllers had added theirs`,
    );
    const here = values.context === undefined ? [] : ["--context", values.context];
    const what = ["--include-namespaces", namespace];
    await arkStep(ark, "backup", ["backup", "create", "before-upgrade", ...what], here);
    await step(
      "disaster",
      () => deleteNamespace(cluster, namespace),
      () => `namespace ${namespace} is deleted, with everything in it`,
    );
    const isAlike = (now: ClusterState) => compareStates(before, now).differences.length === 0;
    const gone = await readNamespace(cluster, namespace);
    say(`          left of it: ${gone.size} objects`);
    const from = ["--from-backup", "before-upgrade"];
    await arkStep(ark, "restore", ["restore", "create", "back", ...from], here);
    const after = await step(
      "compare",
      () => settled(cluster, namespace, (now) => isRested(now) && isAlike(now)),
      (s) => `${s.size} objects are there again`,
    );
    return account(before, after);
  } finally {
    await deleteNamespace(cluster, namespace);
    say(
      `clean-up  namespace ${namespace}${values.kubeconfig === undefined ? ", cluster" : ""} and demo backups are removed`,
    );
    await cluster.close();
    ark.remove();
    await target.stop();
  }
}

function account(before: ClusterState, after: ClusterState): boolean {
  const { compared, differences, left } = compareStates(before, after);
  say(
    `          ${compared} objects compared field by field: ${differences.length === 0 ? "all as before" : "DIFFERENT"}, but for what Kubernetes itself makes anew:`,
  );
  const lines = [...left]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8)
    .map(([reason, times]) => `${String(times).padStart(5)}  ${reason}`);
  say(indent(lines.join("\n")));
  for (const difference of differences) say(`          DIFFERENT: ${difference}`);
  const missing = [...before.values()].filter((object) => !after.has(objectKey(object))).length;
  if (differences.length > 0) say(`          ${missing} objects have no namesake`);
  return differences.length === 0;
}

async function demonstrateObjects(): Promise<boolean> {
  const inCi = process.env["CI"] === "true";
  const tell = (name: string): void => void process.stderr.write(`starting ${name}\n`);
  const target = await openDemoCluster(values.kubeconfig, inCi, tell);
  say(`cluster   ${target.what}`);
  const ark = createArk(target.kubeconfig ?? "");
  return await story(target, await connect(target), ark);
}

async function main(): Promise<number> {
  if (values.volumes === true && (values.kubeconfig ?? values.context) !== undefined) {
    process.stderr.write(
      "--volumes makes a node of its own: leave out --kubeconfig and --context\n",
    );
    return 2;
  }
  const { demonstrateVolumes } = await import("./volumes-demo.ts");
  const good = await (values.volumes === true ? demonstrateVolumes : demonstrateObjects)();
  if (!good) return 1;
  say();
  say("on your own cluster:");
  say("  ark-ts backup create before-upgrade --include-namespaces NAMESPACE");
  say("  ark-ts backup describe before-upgrade --details");
  say(
    "  ark-ts restore create --from-backup before-upgrade --namespace-mappings NAMESPACE:NAMESPACE-copy",
  );
  return 0;
}

process.exitCode = await main();
