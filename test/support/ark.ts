import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandOptions, type CommandResult, runCommand } from "./run-command.ts";

/** The command as a user has it: launcher, arguments, a home of its own. */
export interface Ark {
  readonly home: string;
  /** Where the default location keeps backups. */
  readonly dataFolder: string;
  run(...args: readonly string[]): Promise<CommandResult>;
  /** The launcher execs: the pid is the command's own. */
  runWith(
    options: Pick<CommandOptions, "onPid" | "signal">,
    ...args: readonly string[]
  ): Promise<CommandResult>;
  /** Runs it and fails the test unless it ends with 0. */
  ok(...args: readonly string[]): Promise<string>;
  remove(): void;
}

const launcher = join(import.meta.dirname, "../../cmd/ark-ts");

export function createArk(kubeconfig: string, env: Readonly<Record<string, string>> = {}): Ark {
  const home = mkdtempSync(join(tmpdir(), "ark-home-"));
  const whole = {
    KUBECONFIG: kubeconfig,
    HOME: home,
    XDG_DATA_HOME: join(home, "data"),
    XDG_CONFIG_HOME: join(home, "config"),
    ...env,
  };
  const runWith: Ark["runWith"] = (options, ...args) =>
    runCommand(launcher, args, { ...options, env: whole });
  const run: Ark["run"] = (...args) => runWith({}, ...args);
  return {
    home,
    dataFolder: join(home, "data/ark-ts"),
    run,
    runWith,
    async ok(...args) {
      const result = await run(...args);
      if (result.status === 0) return result.stdout;
      throw new Error(
        `ark-ts ${args.join(" ")}: exit ${result.status}\n${result.stdout}${result.stderr}`,
      );
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
