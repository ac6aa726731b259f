import type { Invocation } from "../command-spec.ts";
import { bashCompletion } from "../completion/bash.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { usageError } from "../usage-error.ts";

/** Prints the completion script of a shell. */
export async function run({ args, environment, tree }: Invocation): Promise<ExitStatus> {
  switch (args[0]) {
    case "bash":
      environment.stdout.write(bashCompletion(tree));
      return exitStatus.done;
    case "zsh":
      environment.stdout.write(zshCompletion(tree));
      return exitStatus.done;
    default:
      throw usageError(`there is no completion for the shell "${args[0]}": bash or zsh`);
  }
}
