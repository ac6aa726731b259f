/**
 * What volume policies cost: 10,000 pods and 5,000 claims with their volumes, backed up without
 * policies and with ten rules, in turn. CPU seconds, as a busy machine bends wall time. The budget
 * is 1.3 times. `sh test/bootstrap.sh bench/policies.ts [PODS]`
 */
import { execFileSync } from "node:child_process";
import { readRawObject } from "../src/api/read-raw-object.ts";
import type { ListPage, ListRequest } from "../src/ports/cluster.ts";
import { createClaimsCluster } from "../test/support/claims-cluster.ts";
import { kindOf } from "../test/support/kinds.ts";
import { createMemoryStore } from "../test/support/memory-store.ts";
import { backupRequest, takeBackup } from "../test/support/take-backup.ts";

const padding = "y".repeat(2500);
const batchSize = 100;
const kinds = [
  kindOf("namespaces", { kind: "Namespace", cluster: true }),
  kindOf("pods", { kind: "Pod" }),
  kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim" }),
  kindOf("persistentvolumes", { kind: "PersistentVolume", cluster: true }),
];

/** Two pods share a claim. None of the rules but the last one meets a volume. */
const rules = [
  ...Array.from({ length: 9 }, (_, at) => ({
    conditions: { storageClass: [`class-${at}`], capacity: `${at},${at + 1}Gi` },
    action: { type: "snapshot" },
  })),
  { conditions: { storageClass: ["fast"] }, action: { type: "skip" } },
];
const policies = JSON.stringify({ version: "v1", volumePolicies: rules });

function bodyOf(resource: string, at: number): string {
  const half = Math.floor(at / 2);
  if (resource === "namespaces") return `"name":"shop"},"status":{"phase":"Active"}`;
  if (resource === "pods") {
    return `"name":"pod-${at}","namespace":"shop"},"spec":{"containers":[{"name":"main","env":[{"name":"P","value":"${padding}"}]}],"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"claim-${half}"}}]},"status":{"phase":"Running"}`;
  }
  if (resource === "persistentvolumeclaims") {
    return `"name":"claim-${at}","namespace":"shop"},"spec":{"storageClassName":"fast","volumeName":"volume-${at}"},"status":{"phase":"Bound"}`;
  }
  return `"name":"volume-${at}"},"spec":{"storageClassName":"fast","capacity":{"storage":"20Gi"},"csi":{"driver":"disk.example","volumeHandle":"h"},"claimRef":{"namespace":"shop","name":"claim-${at}"}},"status":{"phase":"Bound"}`;
}

function clusterOf(pods: number) {
  const totals = [1, pods, pods / 2, pods / 2];
  const list = async (request: ListRequest): Promise<ListPage> => {
    const index = kinds.findIndex(({ resource }) => resource === request.kind.resource);
    const { resource = "", kind = "" } = kinds[index] ?? {};
    const from = Number(request.continueToken ?? 0);
    const to = Math.min(totals[index] ?? 0, from + request.limit);
    const items = async function* () {
      for (let at = from; at < to; at += batchSize) {
        const size = Math.min(batchSize, to - at);
        yield Array.from({ length: size }, (_, i) => {
          const head = `{"kind":"${kind}","apiVersion":"v1","metadata":{"uid":"u-${at + i}","resourceVersion":"7",`;
          return readRawObject(Buffer.from(`${head}${bodyOf(resource, at + i)}}`));
        });
      }
    };
    const more = to < (totals[index] ?? 0) ? { continueToken: String(to) } : {};
    return {
      items: items(),
      end: () => ({ resourceVersion: "100", itemCount: to - from, ...more }),
    };
  };
  const discover = async () => ({ kinds, failures: [] });
  return { ...createClaimsCluster(1).cluster, discover, list };
}

async function measure(withRules: boolean, pods: number): Promise<number> {
  const cluster = clusterOf(pods);
  const before = process.cpuUsage();
  const plain = backupRequest("b", { includeClusterResources: true });
  const source = { kind: "text" as const, where: "file p.yaml", text: policies };
  const request = withRules ? { ...plain, policies: source } : plain;
  const { objects, volumes } = await takeBackup(cluster, createMemoryStore(), request);
  const ruled = volumes.filter(({ state }) => state === "left-out").length;
  if (objects !== 1 + 2 * pods || withRules !== ruled > 0) {
    throw new Error(`${objects} objects and ${ruled} volumes left out: that is another backup`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const [first = "10000", withRules = "", pods = ""] = process.argv.slice(2);
if (first === "--one") {
  process.stdout.write(String(await measure(withRules === "true", Number(pods))));
} else {
  const apart = (rules: boolean): number => {
    const flags = ["--max-semi-space-size=16", import.meta.filename, "--one", String(rules), first];
    return Number(execFileSync(process.execPath, flags, { encoding: "utf8" }));
  };
  const samples = [1, 2, 3, 4, 5].map(() => ({ without: apart(false), with: apart(true) }));
  const without = median(samples.map((one) => one.without));
  const ruled = median(samples.map((one) => one.with));
  process.stdout.write(
    `${first} pods: ${without.toFixed(2)} CPU s without policies, ${ruled.toFixed(2)} with ten rules: ${(ruled / without).toFixed(2)} times\n`,
  );
}
