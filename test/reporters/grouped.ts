/**
 * The reporter of `npm test`: a line for each file, then what failed in full, what was skipped and
 * why, the time of each group, and last Node's own summary, which its spec reporter renders.
 */
import { Readable } from "node:stream";
import { spec, type TestEvent } from "node:test/reporters";
import { formatElapsed } from "../testbed/progress.ts";
import { createIdleFiles, endTestFile, type IdleFiles } from "./idle-files.ts";
import { createTally, isExcused, type Skip } from "./tally.ts";
import { toTestPath } from "./test-groups.ts";

const keptOutput = 64 * 1024;
const heartbeatMs = 30_000;
/** Far more than a hook takes that makes a server or a node. */
const idleLimitMs = 15 * 60_000;

type Failure = Extract<TestEvent, { type: "test:fail" }>;

/** Lets Node's spec reporter render these events alone. */
async function renderSpec(events: readonly TestEvent[]): Promise<string> {
  let text = "";
  for await (const chunk of Readable.from(events).compose(new spec())) text += String(chunk);
  return text;
}

/** Node reports a test file as a test whose name is the path as it was given. */
function isFile(data: { readonly name: string; readonly file?: string | undefined }): boolean {
  return data.file !== undefined && toTestPath(data.file) === toTestPath(data.name);
}

/** False for a suite that failed only because a test in it did, and for a test marked as to do. */
function isOwnFailure({ data }: Failure): boolean {
  const error = data.details.error as Error & { readonly failureType?: string };
  return error.failureType !== "subtestsFailed" && data.todo === undefined;
}

/**
 * Names what has run for long, so that silence is not taken for a hang; ends a file that does hang;
 * and ends the tests when `npm test` itself was killed, as nobody then reads on and the servers are
 * gone.
 */
function startHeartbeat(
  running: ReadonlyMap<string, number>,
  idle: IdleFiles,
): { beat(): void; stop(): void } {
  let last = performance.now();
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
    const now = performance.now();
    for (const file of idle.since(idleLimitMs, now)) {
      process.stdout.write(
        `✖ ${file}: ended, as no test of it has run for ${formatElapsed(idleLimitMs)} (something it started still runs, or a hook hangs)\n`,
      );
      endTestFile(file);
    }
    if (now - last < heartbeatMs) return;
    last = now;
    for (const [file, since] of running) {
      process.stdout.write(`… ${toTestPath(file)} runs since ${formatElapsed(now - since)}\n`);
    }
  }, 1_000);
  timer.unref();
  return {
    beat: () => {
      last = performance.now();
    },
    stop: () => clearInterval(timer),
  };
}

function renderGroups(tally: ReturnType<typeof createTally>): string {
  const lines = tally.groups().map(({ group, files, tests, failed, skipped, ms }) => {
    const counts = `${String(tests).padStart(6)} tests in ${String(files).padStart(3)} files`;
    const rest = `${failed > 0 ? `, ${failed} FAILED` : ""}${skipped > 0 ? `, ${skipped} skipped` : ""}`;
    return `  ${group.padEnd(13)}${counts}   ${formatElapsed(ms).padStart(12)}${rest}`;
  });
  return `\ngroups\n${lines.join("\n")}\n`;
}

function renderSkips(skips: readonly Skip[], strict: boolean): string {
  if (skips.length === 0) return "";
  const lines = skips.map((skip) => {
    const verdict = strict && !isExcused(skip) ? "NOT ALLOWED IN CI " : "";
    return `  ${verdict}${skip.file}: ${skip.title}\n    ${skip.reason}`;
  });
  return `\nSKIPPED ${skips.length}\n${lines.join("\n")}\n`;
}

/** Sentences that the runner wants to be read at the end. */
function renderFindings(): string {
  const findings = JSON.parse(process.env["ARK_TEST_FINDINGS"] ?? "[]") as string[];
  return findings.map((finding) => `\n${finding}\n`).join("");
}

/** The end of what each file printed; it comes in the order of the files, not of the time. */
function createOutputBuffer(): {
  add(file: string, text: string): void;
  render(hasFailed: (file: string) => boolean): string;
} {
  const outputs = new Map<string, string>();
  return {
    add: (file, text) => {
      outputs.set(file, ((outputs.get(file) ?? "") + text).slice(-keptOutput));
    },
    render: (hasFailed) =>
      [...outputs]
        .filter(([file]) => hasFailed(file))
        .map(([file, text]) => `\noutput of ${toTestPath(file)}\n${text.trimEnd()}\n`)
        .join(""),
  };
}

/** Of a run that succeeds too: what a test counted, for those who report it. */
function isFigure(message: string): boolean {
  return message.startsWith("figures: ");
}

/** What failed, in full, as Node's spec reporter shows it. */
async function renderFailures(failures: readonly Failure[]): Promise<string> {
  if (failures.length === 0) return "";
  const text = await renderSpec(failures);
  return `\n${text.slice(Math.max(0, text.indexOf("✖ failing tests:"))).trim()}\n`;
}

async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tally = createTally();
  const failures: Failure[] = [];
  const summary: TestEvent[] = [];
  const running = new Map<string, number>();
  const output = createOutputBuffer();
  const idle = createIdleFiles();
  const heartbeat = startHeartbeat(running, idle);

  for await (const event of source) {
    const { type, data } = event;
    if (type === "test:dequeue" || type === "test:complete") {
      idle.saw(event, isFile(data), performance.now());
    }
    if (type === "test:dequeue" && isFile(data)) {
      running.set(data.name, performance.now());
    } else if (type === "test:stdout" || type === "test:stderr") {
      output.add(data.file, data.message);
    } else if (type === "test:diagnostic" && data.file === undefined && data.nesting === 0) {
      summary.push(event);
    } else if (type === "test:diagnostic" && isFigure(data.message)) {
      yield `  ${toTestPath(data.file ?? "")}: ${data.message}\n`;
    } else if (type === "test:fail") {
      if (isOwnFailure(event)) failures.push(event);
    } else if (type === "test:complete" && !isFile(data)) {
      yield* tally.add(data);
    } else if (type === "test:complete") {
      running.delete(data.name);
      heartbeat.beat();
      yield* tally.closeFile(data);
    }
  }
  heartbeat.stop();

  const strict = process.env["CI"] === "true";
  yield output.render(tally.hasFailed);
  yield await renderFailures(failures);
  yield renderSkips(tally.skips, strict);
  yield renderFindings();
  if (strict && tally.skips.some((skip) => !isExcused(skip))) process.exitCode = 1;
  yield renderGroups(tally);
  yield `\n${await renderSpec(summary)}`;
}

// biome-ignore lint/style/noDefaultExport: node --test-reporter takes the default export
export default report;
