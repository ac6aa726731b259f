import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import type { Ark } from "./ark.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/** The unmodified velero command of a user whose server is in namespace `ark-ts`. */
export interface VeleroCommand {
  run(...args: readonly string[]): Promise<CommandResult>;
  /** What it prints, without colours. Throws unless it ends with 0. */
  says(...args: readonly string[]): Promise<string>;
}

/** `explain`: what a failure is told with beside its own output, such as the server's log. */
export function createVeleroCommand(
  binary: string,
  kubeconfig: string,
  ark: Pick<Ark, "home">,
  explain: () => string = () => "",
): VeleroCommand {
  const env = { KUBECONFIG: kubeconfig, HOME: ark.home };
  const run = (...args: readonly string[]): Promise<CommandResult> =>
    runCommand(binary, [...args, "-n", "ark-ts"], { env });
  return {
    run,
    async says(...args) {
      const { status, stdout, stderr } = await run(...args);
      assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}\n${explain()}`);
      return stripVTControlCharacters(stdout);
    },
  };
}
