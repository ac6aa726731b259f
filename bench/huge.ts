/** A cluster larger than a test bed can hold: peak memory must not grow with it. */
import { join } from "node:path";
import { createMeasuredArk } from "./measured-ark.ts";
import { startMemoryCluster } from "./memory-cluster.ts";
import { tell } from "./progress.ts";
import { type Row, type Section, withinMemory } from "./report.ts";
import { type Sample, summarise } from "./samples.ts";

const sizeBytes = 2048;
const smallBytes = 400;

export async function benchHuge(objects: number): Promise<Section> {
  const cluster = await startMemoryCluster(objects, sizeBytes);
  try {
    const ark = createMeasuredArk(cluster.kubeconfig);
    try {
      tell(`capture of ${objects} objects from the in-memory API server`);
      const store = `file://${join(cluster.folder, "store")}`;
      const sample = await ark.run("backup", "create", "huge", "--store", store);
      return {
        title: `Capture of ${objects.toLocaleString("en-GB")} objects from the in-memory API server`,
        rows: [memoryRow("ark-ts to a directory", objects, sample)],
        notes: ["Here the API server is the slower side: only the memory counts."],
      };
    } finally {
      ark.remove();
    }
  } finally {
    cluster.stop();
  }
}

/** Of small ConfigMaps into a second in-memory API server: create, all equal, and a plan of both. */
export async function benchHugeRestore(objects: number): Promise<Section> {
  const source = await startMemoryCluster(objects, smallBytes);
  const target = await startMemoryCluster(0, smallBytes);
  const from = createMeasuredArk(source.kubeconfig);
  const into = createMeasuredArk(target.kubeconfig);
  try {
    const store = ["--store", `file://${join(target.folder, "store")}`];
    const backup = ["--from-backup", "huge", ...store];
    tell(`backup of ${objects} small objects from the in-memory API server`);
    await from.run("backup", "create", "huge", "--include-resources", "configmaps", ...store);
    source.stop();
    const rows: Row[] = [];
    const add = async (what: string, ...args: readonly string[]): Promise<void> => {
      tell(`${what}, ${objects} objects`);
      rows.push(memoryRow(`ark-ts, ${what}`, objects, await into.run(...args)));
    };
    await add("plan of all to be created", "restore", "plan", ...backup);
    await add("restore into an empty cluster", "restore", "create", "first", ...backup);
    await add("restore of what is all there", "restore", "create", "second", ...backup);
    return {
      title: `Restore of ${objects.toLocaleString("en-GB")} ConfigMaps into the in-memory API server`,
      rows,
      notes: ["Here the API server is the slower side: only the memory counts."],
    };
  } finally {
    from.remove();
    into.remove();
    source.stop();
    target.stop();
  }
}

function memoryRow(what: string, objects: number, sample: Sample): Row {
  const summary = summarise([sample]);
  return { what, objects, summary, budgets: [withinMemory(summary)] };
}
