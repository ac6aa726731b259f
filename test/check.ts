/** `npm run check`: types, lint, format, architecture and unit tests; see CONTRIBUTING.md. */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

const steps: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: "types", command: ["tsc", "-p", "."] },
  { name: "lint and format", command: ["biome", "check", "--error-on-warnings", "."] },
  {
    name: "architecture and unit tests",
    command: [
      process.execPath,
      "--test",
      "--test-reporter=dot",
      ...globSync(["test/architecture/**/*.test.ts", "test/unit/**/*.test.ts"]).sort(),
    ],
  },
];

function run(command: readonly string[]): Promise<number> {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file as string, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

for (const step of steps) {
  const start = performance.now();
  const code = await run(step.command);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`check: ${step.name}: ${code === 0 ? "ok" : "FAILED"} in ${seconds} s\n`);
  if (code !== 0) process.exit(1);
}
