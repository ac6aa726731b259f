import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RestorePlanHeader } from "../restore/plan/plan-document.ts";
import { dataDir } from "./config/config-paths.ts";
import type { CliEnvironment } from "./environment.ts";
import { toYaml } from "./render/resource-output.ts";
import { usageError } from "./usage-error.ts";

/** Plans that are kept; older ones go when a new one comes. */
const keptPlans = 20;
const chunkBytes = 64 * 1024;

/** Where plans are kept by their id: in the user's data directory, readable by the user only. */
export function plansDir(environment: CliEnvironment): string {
  return join(dataDir(environment), "metadata", "ark-ts", "restore-plans");
}

/** Lines of objects on their way to a document, on disk and not in memory. */
export interface PlanSpool {
  add(line: string): void;
  /** In the order in which they came. */
  lines(): AsyncIterable<string>;
  discard(): Promise<void>;
}

/** Errors: ARK_USAGE, when the folder cannot be written to. */
export async function openPlanSpool(dir: string, uuid: string): Promise<PlanSpool> {
  const path = join(dir, `.partial-${uuid}`);
  let fd: number;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    fd = openSync(path, "wx", 0o600);
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw usageError(
      `the plan cannot be kept in ${dir} (${code})`,
      "name another data directory with XDG_DATA_HOME",
    );
  }
  let waiting = "";
  let isOpen = true;
  const flush = (): void => {
    writeAll(fd, waiting);
    waiting = "";
  };
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    add(line) {
      waiting += `${line}\n`;
      if (waiting.length >= chunkBytes) flush();
    },
    async *lines() {
      flush();
      // It reads at once, and what comes before somebody listens is lost: nothing may stand between.
      yield* createInterface({
        input: createReadStream(path),
        crlfDelay: Number.POSITIVE_INFINITY,
      });
    },
    async discard() {
      close();
      await rm(path, { force: true });
    },
  };
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** The document as text in pieces: JSON, or YAML whose objects are JSON. Each object has its line. */
export async function* planText(
  header: RestorePlanHeader,
  lines: AsyncIterable<string>,
  format: "json" | "yaml",
): AsyncGenerator<string> {
  if (format === "yaml") {
    yield `${await toYaml(header)}items:\n`;
    for await (const line of lines) yield `- ${line}\n`;
    return;
  }
  yield `${JSON.stringify(header, undefined, 2).slice(0, -2)},\n  "items": [`;
  let separator = "\n";
  for await (const line of lines) {
    yield `${separator}${line}`;
    separator = ",\n";
  }
  yield "\n  ]\n}\n";
}

/** Writes a document whole or not at all. Errors: those of the file system. */
export async function writePlanFile(path: string, text: AsyncIterable<string>): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, "w", 0o600);
  try {
    let waiting = "";
    for await (const piece of text) {
      waiting += piece;
      if (waiting.length < chunkBytes) continue;
      await file.write(waiting);
      waiting = "";
    }
    await file.write(waiting);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}

/** Keeps a plan under its id, and lets the oldest go. */
export async function keepPlan(
  dir: string,
  header: RestorePlanHeader,
  spool: PlanSpool,
): Promise<void> {
  const path = join(dir, `${header.metadata.name}.json`);
  await writePlanFile(path, planText(header, spool.lines(), "json"));
  const names = (await readdir(dir)).filter((name) => name.endsWith(".json"));
  const ages = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })),
  );
  const old = ages.sort((a, b) => b.at - a.at).slice(keptPlans);
  await Promise.all(old.map(({ name }) => rm(join(dir, name), { force: true })));
}
