/** `npm run demo`: an application is backed up, lost, brought back and compared. */
import { parseArgs } from "node:util";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import { openServerAccess } from "../../src/adapters/kube/credentials/open-server-access.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { systemClock } from "../support/api-server/api-server.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { type ClusterState, objectKey } from "../support/oracle/cluster-state.ts";
import { compareStates } from "../support/oracle/compare-states.ts";
import { type DemoCluster, openDemoCluster } from "./demo-cluster.ts";
import { createApplication, deleteNamespace, readNamespace } from "./namespace-state.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    context: { type: "string" },
    help: { type: "boolean" },
  },
});
const say = (line = ""): void => void process.stdout.write(`${line}\n`);
const indent = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `      ${line}`.trimEnd())
    .join("\n");

if (values.help === true) {
  say(
    "npm run demo [-- --kubeconfig FILE [--context NAME]]: back up, lose and restore a small application",
  );
  process.exit(0);
}

/** Runs a step, and prints its title with the time it took. */
async function step<T>(
  title: string,
  work: () => Promise<T>,
  note: (result: T) => string,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`${title.padEnd(10)}${note(result)}  (${seconds} s)`);
  return result;
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

/** Controllers go on writing after the last create: two equal looks in a row are a rest. */
async function settled(cluster: Cluster, namespace: string): Promise<ClusterState> {
  let last = "";
  for (let attempt = 0; attempt < 100; attempt++) {
    const state = await readNamespace(cluster, namespace);
    const now = [...state.keys()].sort().join();
    if (now === last && state.size > 0) return state;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`namespace ${namespace} did not come to rest in 50 s`);
}

async function arkStep(ark: Ark, title: string, args: readonly string[]): Promise<void> {
  say(`${title.padEnd(10)}$ ark-ts ${args.join(" ")}`);
  const context = values.context === undefined ? [] : ["--context", values.context];
  const result = await ark.run(...args, ...context);
  say(indent(result.stdout));
  if (result.status !== 0) throw new Error(`ark-ts ended with ${result.status}:\n${result.stderr}`);
}

async function story(target: DemoCluster, cluster: Cluster, ark: Ark): Promise<boolean> {
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
      () => settled(cluster, namespace),
      (s) => `${s.size} objects once the controllers had added theirs`,
    );
    await arkStep(ark, "backup", [
      "backup",
      "create",
      "before-upgrade",
      "--include-namespaces",
      namespace,
    ]);
    await step(
      "disaster",
      () => deleteNamespace(cluster, namespace),
      () => `namespace ${namespace} is deleted, with everything in it`,
    );
    const gone = await readNamespace(cluster, namespace);
    say(`          left of it: ${gone.size} objects`);
    await arkStep(ark, "restore", ["restore", "create", "back", "--from-backup", "before-upgrade"]);
    const after = await step(
      "compare",
      () => settled(cluster, namespace),
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

const target = await openDemoCluster(values.kubeconfig, process.env["CI"] === "true", (name) =>
  process.stderr.write(`starting ${name}\n`),
);
say(`cluster   ${target.what}`);
const ark = createArk(target.kubeconfig ?? "");
const good = await story(target, await connect(target), ark);
say();
if (good) {
  say("on your own cluster:");
  say("  ark-ts backup create before-upgrade --include-namespaces NAMESPACE");
  say("  ark-ts backup describe before-upgrade --details");
  say(
    "  ark-ts restore create --from-backup before-upgrade --namespace-mappings NAMESPACE:NAMESPACE-copy",
  );
}
process.exitCode = good ? 0 : 1;
