import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { type CommandResult, runCommand } from "./run-command.ts";

/** The unmodified velero command, as a user has it. */
export interface VeleroCommand {
  run(...args: readonly string[]): Promise<CommandResult>;
  /** What it prints, without colours. Throws unless it ends with 0. */
  says(...args: readonly string[]): Promise<string>;
}

export interface VeleroUser {
  readonly home: string;
  /** Of the server; default `ark-ts`. */
  readonly namespace?: string;
}

/** `explain`: what a failure is told with beside its own output, such as the server's log. */
export function createVeleroCommand(
  binary: string,
  kubeconfig: string,
  { home, namespace = "ark-ts" }: VeleroUser,
  explain: () => string = () => "",
): VeleroCommand {
  const env = { KUBECONFIG: kubeconfig, HOME: home };
  const run = (...args: readonly string[]): Promise<CommandResult> =>
    runCommand(binary, [...args, "-n", namespace], { env });
  return {
    run,
    async says(...args) {
      const { status, stdout, stderr } = await run(...args);
      assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}\n${explain()}`);
      return stripVTControlCharacters(stdout);
    },
  };
}
