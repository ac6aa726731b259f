/** `npm test`: checks the code, brings up real servers, runs every test, takes them down again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  findTestFiles,
  groupNames,
  groupOf,
  repository,
  serverGroups,
  testbedGroups,
  toTestPath,
} from "./reporters/test-groups.ts";
import { filesWithNode, type ProvidedNode, provideNode } from "./support/provide-node.ts";
import { type SharedTestbed, sharedTestbedVariable } from "./support/shared-testbed.ts";
import { type BinaryName, ensureBinary } from "./testbed/binaries.ts";
import { startControlPlane } from "./testbed/control-plane.ts";
import { whyNoGo } from "./testbed/go-toolchain.ts";
import { handleSignalsMyself } from "./testbed/lifetime.ts";
import { startMinio } from "./testbed/minio.ts";
import { formatElapsed } from "./testbed/progress.ts";

const usage = `usage: npm test -- [--group NAME ...] [--list] [FILE ...]
  without arguments: types, lint, and all tests
  --group NAME   only the tests of this group: ${groupNames.join(", ")}
  --list         print what would run, run nothing
environment: CI=true makes a missing server or an unexcused skip a failure`;

const concurrency = 2;
const testTimeoutMs = 600_000;
/** In CI: some minutes before it cuts off a run, which then takes nothing down. By flag tests run for hours. */
const totalLimitMs = 85 * 60_000;

/** Built before the tests start, so that no test's time limit pays for it. */
const binaries: readonly BinaryName[] = [
  "etcd",
  "fake-gcs-server",
  "kube-apiserver",
  "kube-controller-manager",
  "kubectl",
  "minio",
];
const e2eBinaries: readonly BinaryName[] = ["helm", "velero", "velero-plugin-for-aws"];

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

interface Plan {
  readonly files: readonly string[];
  /** True for a run without a choice of groups or files. */
  readonly whole: boolean;
}

function toPlan(groups: readonly string[], chosen: readonly string[]): Plan {
  const unknown = chosen.find((file) => !existsSync(file));
  if (unknown !== undefined) throw new Error(`there is no test file "${unknown}"`);
  const all = chosen.length > 0 ? chosen.map(toTestPath) : findTestFiles();
  const files = all.filter((file) => groups.length === 0 || groups.includes(groupOf(file)));
  if (files.length === 0) throw new Error(`no test file fits; groups are ${groupNames.join(", ")}`);
  return { files, whole: groups.length === 0 && chosen.length === 0 };
}

function printPlan({ files, whole }: Plan): void {
  const counts = Object.entries(Object.groupBy(files, groupOf)).map(
    ([group, members]) => `${group} ${members?.length ?? 0}`,
  );
  const steps = [
    ...(whole ? ["types", "lint and format"] : []),
    ...(needsTestbed(files) ? ["programs and servers of the testbed"] : []),
    `test files: ${files.length} (${counts.join(", ")})`,
  ];
  say(`plan: ${steps.join("; then ")}`);
}

const needsTestbed = (files: readonly string[]): boolean =>
  files.some((file) => testbedGroups.includes(groupOf(file)));

const interruption = new AbortController();

/** Runs a command to its end, which is the end of this run too if it is interrupted. */
async function run(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd: repository,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  const end = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
  };
  interruption.signal.addEventListener("abort", end, { once: true });
  try {
    const [code] = (await once(child, "close")) as [number | null];
    interruption.signal.throwIfAborted();
    return code ?? 1;
  } finally {
    interruption.signal.removeEventListener("abort", end);
  }
}

/** Returns a sentence for each check that failed. */
async function runChecks(): Promise<string[]> {
  const checks = [
    { name: "types", command: ["tsc", "-p", "."] },
    { name: "lint and format", command: ["biome", "check", "--error-on-warnings", "."] },
  ];
  const failed: string[] = [];
  for (const { name, command } of checks) {
    const start = performance.now();
    const code = await run(command);
    say(`${name}: ${code === 0 ? "ok" : "FAILED"} in ${formatElapsed(performance.now() - start)}`);
    if (code !== 0) failed.push(`FAILED: ${name} (the messages are at the top)`);
  }
  return failed;
}

type Stop = () => Promise<void>;

/** Starts the servers for all tests; returns the value of ARK_TEST_TESTBED. */
async function startTestbed(files: readonly string[], stops: Stop[]): Promise<string> {
  const { signal } = interruption;
  const withE2e = files.some((file) => groupOf(file) === "e2e");
  for (const name of [...binaries, ...(withE2e ? e2eBinaries : [])]) {
    await ensureBinary(name, signal);
  }
  const start = performance.now();
  const plane = await startControlPlane({ signal });
  stops.push(() => plane.stop());
  const minio = await startMinio({ signal });
  stops.push(() => minio.stop());
  say(
    `testbed: ${plane.server} and ${minio.endpoint} up in ${formatElapsed(performance.now() - start)}`,
  );
  const shared: SharedTestbed = { controlPlane: plane.folder, minio: minio.folder };
  const file = join(plane.folder, "shared.json");
  writeFileSync(file, JSON.stringify(shared), { mode: 0o600 });
  return file;
}

/** Starts the one real node, if a test wants it and this machine can have it. */
async function startNodeFor(
  files: readonly string[],
  stops: Stop[],
): Promise<ProvidedNode | undefined> {
  const { length } = filesWithNode(files);
  if (length === 0) return undefined;
  const mustHave = process.env["CI"] === "true";
  const node = await provideNode(length, { mustHave, signal: interruption.signal });
  stops.push(() => node.stop());
  say(node.sentence);
  return node;
}

/** Without Go there are no servers: then only what can do without them runs, loudly. */
async function withoutMissing(
  plan: Plan,
): Promise<{ files: readonly string[]; skipped: string[] }> {
  const reason = needsTestbed(plan.files) ? await whyNoGo() : undefined;
  if (reason === undefined) return { files: plan.files, skipped: [] };
  if (process.env["CI"] === "true") throw new Error(`CI=true, and ${reason}`);
  const left = plan.files.filter((file) => !serverGroups.includes(groupOf(file)));
  const count = plan.files.length - left.length;
  const sentence = `SKIPPED: ${count} test files of ${serverGroups.join(" and ")}: ${reason}`;
  say(sentence);
  return { files: left, skipped: [sentence] };
}

async function runTests(
  files: readonly string[],
  findings: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const reporter = new URL("./reporters/grouped.ts", import.meta.url).href;
  const command = [
    process.execPath,
    "--test",
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${testTimeoutMs}`,
    `--test-reporter=${reporter}`,
    "--test-reporter-destination=stdout",
    ...files,
  ];
  return run(command, {
    ARK_TEST_FINDINGS: JSON.stringify(findings),
    ...env,
  });
}

/** Returns the exit status. */
async function runAll(plan: Plan): Promise<number> {
  const failed = plan.whole ? await runChecks() : [];
  const { files, skipped } = await withoutMissing(plan);
  const stops: Stop[] = [];
  try {
    const served = skipped.length === 0 && needsTestbed(files);
    const testbed = served ? await startTestbed(files, stops) : undefined;
    const node = served ? await startNodeFor(files, stops) : undefined;
    const findings = [
      ...failed,
      ...skipped,
      ...(node?.skipped === undefined ? [] : [node.skipped]),
    ];
    const env = {
      ...(testbed !== undefined && { [sharedTestbedVariable]: testbed }),
      ...node?.env,
    };
    const code = await runTests(files, findings, env);
    return code === 0 && failed.length > 0 ? 1 : code;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

function onSignal(): void {
  interruption.abort(new Error("interrupted"));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      group: { type: "string", multiple: true, default: [] },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    say(usage);
    return 0;
  }
  const plan = toPlan(values.group, positionals);
  printPlan(plan);
  if (values.list) {
    for (const file of plan.files) say(`  ${file}`);
    return 0;
  }
  handleSignalsMyself();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  if (process.env["CI"] === "true") {
    const why = `ended after ${formatElapsed(totalLimitMs)}, the most that CI has`;
    setTimeout(() => interruption.abort(new Error(why)), totalLimitMs).unref();
  }
  return runAll(plan);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`npm test: ${(error as Error).message}\n`);
  process.exitCode = interruption.signal.aborted ? 130 : 1;
}
