/** Entry of the `ark-ts` command: reads the process once, runs the line, sets the exit status. */
import { once } from "node:events";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setFlagsFromString } from "node:v8";
import { cancellation } from "../src/cli/cancellation.ts";
import type { TextSink } from "../src/cli/environment.ts";

// What is alive is small and what dies old is much: V8 would wait until it is four times as much. A
// Node that no longer knows the flag says so and goes on.
setFlagsFromString("--heap-growing-percent=50");

const home = process.env["HOME"] || homedir();
enableCompileCache(join(process.env["XDG_CACHE_HOME"] || join(home, ".cache"), "ark-ts", "code"));

const cancel = new AbortController();
const onInterrupt = (signal: NodeJS.Signals) => {
  if (cancel.signal.aborted) process.exit(130);
  process.stderr.write(`\nark-ts: ${signal}: cancelling; once more ends at once\n`);
  cancel.abort(cancellation());
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onInterrupt);

/** Who reads no more (`| head`) ends no run half way: the rest is done without being told. */
function sink(stream: NodeJS.WriteStream): TextSink {
  const closed = new AbortController();
  stream.on("error", () => closed.abort());
  return {
    write: (text) => {
      if (!closed.signal.aborted) stream.write(text);
    },
    drained: async () => {
      if (closed.signal.aborted || !stream.writableNeedDrain) return;
      await once(stream, "drain", { signal: closed.signal }).catch(() => undefined);
    },
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on("SIGINT", () => process.emit("SIGINT", "SIGINT"));
  try {
    return await lines.question(question, { signal });
  } finally {
    lines.close();
  }
}

const { runCommandLine } = await import("../src/cli/main.ts");
process.exitCode = await runCommandLine({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  home,
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  terminal: process.stderr.isTTY === true ? process.stderr : undefined,
  pid: process.pid,
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  ask,
  signal: cancel.signal,
});
