import { toArkError } from "../lib/errors.ts";
import { readCommandLine } from "./argv.ts";
import { commandTree } from "./command-tree.ts";
import type { CliEnvironment } from "./environment.ts";
import { type ExitStatus, exitStatus, exitStatusOfError } from "./exit-codes.ts";
import { createFlagValues } from "./flag-values.ts";
import { buildProgram } from "./program.ts";
import { renderError } from "./render/error-text.ts";
import { createPainter } from "./render/painter.ts";

/**
 * Runs one command line to its end and answers the exit status. Never throws: an error becomes
 * its sentence on stderr.
 */
export async function runCommandLine(environment: CliEnvironment): Promise<ExitStatus> {
  try {
    return await dispatch(environment);
  } catch (thrown) {
    const reason = environment.signal.aborted ? environment.signal.reason : thrown;
    const error = toArkError(reason ?? thrown);
    const debug = environment.argv.some((word) => word === "--debug" || word === "--debug=true");
    const painter = createPainter(environment, environment.stderr);
    environment.stderr.write(renderError(error, { painter, debug, argv: environment.argv }));
    return exitStatusOfError(error);
  }
}

async function dispatch(environment: CliEnvironment): Promise<ExitStatus> {
  const request = readCommandLine(environment.argv, commandTree);
  if (request.kind === "help") {
    environment.stdout.write(helpText(request.words, environment.stdout.columns));
    return exitStatus.done;
  }
  let status: ExitStatus = exitStatus.done;
  const { program } = buildProgram(
    commandTree,
    request.words,
    async (leaf, args, flags) => {
      const module = await leaf.load();
      status = await module.run({
        path: leaf.path,
        args,
        flags: createFlagValues(flags),
        environment,
        tree: commandTree,
      });
    },
    defaultHelpWidth,
  );
  await program.parseAsync([...request.argv], { from: "user" });
  return status;
}

const defaultHelpWidth = 100;

/** Help of the command or group that `words` reach. */
export function helpText(words: readonly string[], columns?: number): string {
  const width = Math.max(60, Math.min(columns ?? defaultHelpWidth, defaultHelpWidth));
  const { asked } = buildProgram(commandTree, words, async () => {}, width);
  let text = "";
  asked.configureOutput({ writeOut: (part) => (text += part) });
  asked.outputHelp();
  return text;
}
