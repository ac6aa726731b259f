/** How soon the command answers, and what it loads for that. */
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArk } from "../test/support/ark.ts";
import { runCommand } from "../test/support/run-command.ts";
import { tell } from "./progress.ts";
import type { Section } from "./report.ts";
import { type Sample, summarise, timed } from "./samples.ts";

const budgetMs = 100;
const recorder = join(import.meta.dirname, "record-modules.ts");
const heavy = /node_modules\/(@kubernetes|@aws-sdk|@smithy|undici)\//;

export async function benchHelp(rounds: number): Promise<Section> {
  const ark = createArk("/nonexistent");
  try {
    await ark.ok("--help"); // fills the code cache of this home
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round += 1) {
      tell(`help, round ${round + 1} of ${rounds}`);
      samples.push(await timed(() => ark.ok("--help")));
    }
    const bare: Sample[] = [];
    const node = () => runCommand(process.execPath, ["-e", "0"]);
    for (let round = 0; round < rounds; round += 1) bare.push(await timed(node));
    const summary = summarise(samples);
    const value = summarise(bare).medianMs / summary.medianMs;
    const budgets = [{ text: `< ${budgetMs} ms`, kept: summary.medianMs < budgetMs }];
    return {
      title: "Start",
      rows: [
        { what: "node -e 0", objects: 1, summary: summarise(bare) },
        { what: "ark-ts --help", objects: 1, summary, ratio: { to: "node", value }, budgets },
      ],
      notes: [await loadedModules()],
    };
  } finally {
    ark.remove();
  }
}

async function loadedModules(): Promise<string> {
  const file = join(tmpdir(), `ark-bench-modules-${process.pid}.json`);
  const env = {
    ARK_BENCH_MODULES: file,
    NODE_OPTIONS: `--import=${recorder}`,
    NODE_NO_WARNINGS: "1",
  };
  const ark = createArk("/nonexistent", env);
  try {
    await ark.ok("--help");
    const urls = JSON.parse(readFileSync(file, "utf8")) as string[];
    const unwanted = urls.filter((url) => heavy.test(url));
    const verdict =
      unwanted.length === 0
        ? "none of Kubernetes, AWS or undici: within budget"
        : `OUTSIDE budget: ${unwanted.slice(0, 3).join(", ")}`;
    return `ark-ts --help loads ${urls.length} modules, ${verdict}.`;
  } finally {
    ark.remove();
    rmSync(file, { force: true });
  }
}
