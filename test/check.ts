/** `npm run check`: types, lint, format, architecture and unit tests; see CONTRIBUTING.md. */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

type Command = readonly string[];

interface Step {
  readonly name: string;
  /** Run at the same time. */
  readonly commands: readonly Command[];
}

/** What these see of their process is theirs only where nothing else runs in it. */
const alone = globSync([
  "test/unit/lib/free-buffer.test.ts",
  "test/unit/support/api-server/front-doors.test.ts",
]);

const steps: readonly Step[] = [
  { name: "types", commands: [["tsc", "-p", "."]] },
  { name: "lint and format", commands: [["biome", "check", "--error-on-warnings", "."]] },
  {
    name: "architecture and unit tests",
    // A process for each file, as `npm test` has, would start one half a second long 270 times.
    commands: [
      runTests("none", globSync("test/architecture/**/*.test.ts")),
      runTests("none", globSync("test/unit/**/*.test.ts", { exclude: alone })),
      runTests("process", alone),
    ],
  },
];

function runTests(isolation: "none" | "process", files: readonly string[]): Command {
  const flags = ["--test", `--test-isolation=${isolation}`, "--test-reporter=dot"];
  return [process.execPath, ...flags, ...[...files].sort()];
}

function run(command: Command): Promise<number> {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file as string, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

for (const { name, commands } of steps) {
  const start = performance.now();
  const codes = await Promise.all(commands.map(run));
  const isDone = codes.every((code) => code === 0);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`check: ${name}: ${isDone ? "ok" : "FAILED"} in ${seconds} s\n`);
  if (!isDone) process.exit(1);
}
