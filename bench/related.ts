/**
 * What related items cost: the same pods, claims and volumes backed up as kinds that refer to each
 * other, and as kinds of which nothing is known. CPU seconds, as a busy machine bends wall time.
 * `sh test/bootstrap.sh bench/related.ts [OBJECTS,OBJECTS...]`
 */
import { execFileSync } from "node:child_process";
import type { BackupSpec } from "../src/api/backup.ts";
import { createClaimsCluster } from "../test/support/claims-cluster.ts";
import { createMemoryStore } from "../test/support/memory-store.ts";
import { backupRequest, takeBackup } from "../test/support/take-backup.ts";

const byLabel: BackupSpec = { labelSelector: { matchLabels: { app: "web" } } };

const variants: Readonly<
  Record<string, { readonly plain: boolean; readonly spec: BackupSpec } | undefined>
> = {
  "nothing refers to anything": { plain: true, spec: { includeClusterResources: true } },
  "the whole cluster": { plain: false, spec: { includeClusterResources: true } },
  "a namespace filter": { plain: false, spec: { excludedNamespaces: ["none"] } },
  "a label selector": { plain: false, spec: byLabel },
};

interface Sample {
  readonly objects: number;
  readonly cpuSeconds: number;
  readonly peakMebibytes: number;
}

async function measure(name: string, pods: number): Promise<Sample> {
  const variant = variants[name];
  if (variant === undefined) throw new Error(`${name}: no such variant`);
  const { cluster } = createClaimsCluster(pods, variant.plain);
  const before = process.cpuUsage();
  const request = backupRequest("b", variant.spec);
  const { objects } = await takeBackup(cluster, createMemoryStore(), request);
  const { user, system } = process.cpuUsage(before);
  const peakMebibytes = process.resourceUsage().maxRSS / 1024;
  return { objects, cpuSeconds: (user + system) / 1e6, peakMebibytes };
}

function measureApart(name: string, pods: number): Sample {
  const flags = ["--max-semi-space-size=16", import.meta.filename, "--one", name, String(pods)];
  return JSON.parse(execFileSync(process.execPath, flags, { encoding: "utf8" })) as Sample;
}

const [first = "1000,10000,100000", name = "", pods = ""] = process.argv.slice(2);
if (first === "--one") {
  process.stdout.write(JSON.stringify(await measure(name, Number(pods))));
} else {
  for (const size of first.split(",").map(Number)) {
    for (const variant of Object.keys(variants)) {
      const samples = [1, 2, 3].map(() => measureApart(variant, Math.floor(size / 3)));
      const [median] = samples.sort((a, b) => a.cpuSeconds - b.cpuSeconds).slice(1);
      if (median === undefined) continue;
      const { objects, cpuSeconds, peakMebibytes } = median;
      const perObject = ((cpuSeconds / objects) * 1e6).toFixed(0);
      process.stdout.write(
        `${objects} objects, ${variant}: ${cpuSeconds.toFixed(2)} CPU s, ${perObject} us each, peak ${peakMebibytes.toFixed(0)} MiB\n`,
      );
    }
  }
}
