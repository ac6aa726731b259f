/** How a demo is told: steps with the time they took, commands with what they print. */
import type { Ark } from "../support/ark.ts";

export const say = (line = ""): void => void process.stdout.write(`${line}\n`);

export const indent = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `      ${line}`.trimEnd())
    .join("\n");

/** Runs a step, and prints its title with the time it took. */
export async function step<T>(
  title: string,
  work: () => Promise<T>,
  note: (result: T) => string,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  say(`${title.padEnd(10)}${note(result)}  (${seconds} s)`);
  return result;
}

/** Runs the command as it is shown, with `more` behind it. */
export async function arkStep(
  ark: Ark,
  title: string,
  args: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  say(`${title.padEnd(10)}$ ark-ts ${args.join(" ")}`);
  const result = await ark.run(...args, ...more);
  say(indent(result.stdout));
  if (result.status !== 0) throw new Error(`ark-ts ended with ${result.status}:\n${result.stderr}`);
}
