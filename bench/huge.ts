/** A cluster larger than a test bed can hold: peak memory of the capture must not grow with it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMeasuredArk } from "./measured-ark.ts";
import { tell } from "./progress.ts";
import { type Section, withinMemory } from "./report.ts";
import { summarise } from "./samples.ts";

const sizeBytes = 2048;

export async function benchHuge(objects: number): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), "ark-bench-"));
  const script = join(import.meta.dirname, "memory-server.ts");
  const server = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, String(objects), String(sizeBytes)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, kubeconfigText(await urlOf(server)));
    const ark = createMeasuredArk(kubeconfig);
    try {
      tell(`capture of ${objects} objects from the in-memory API server`);
      const store = `file://${join(folder, "store")}`;
      const sample = await ark.run("backup", "create", "huge", "--store", store);
      const summary = summarise([sample]);
      const budgets = [withinMemory(summary)];
      return {
        title: `Capture of ${objects.toLocaleString("en-GB")} objects from the in-memory API server`,
        rows: [{ what: "ark-ts to a directory", objects, summary, budgets }],
        notes: ["Here the API server is the slower side: only the memory counts."],
      };
    } finally {
      ark.remove();
    }
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function urlOf(server: ChildProcess): Promise<string> {
  const ended = once(server, "exit").then(() => {
    throw new Error("the in-memory API server ended at its start");
  });
  ended.catch(() => undefined);
  const line = once(server.stdout!, "data") as Promise<[Buffer]>;
  const [text] = await Promise.race([line, ended]);
  return text.toString().trim();
}

function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "memory",
    clusters: [{ name: "memory", cluster: { server } }],
    users: [{ name: "memory", user: {} }],
    contexts: [{ name: "memory", context: { cluster: "memory", user: "memory" } }],
  });
}
