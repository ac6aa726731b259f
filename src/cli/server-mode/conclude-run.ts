import { type ExitStatus, exitStatus, exitStatusOfPhase } from "../exit-codes.ts";
import { printResource } from "../render/resource-output.ts";
import { renderRunOutcome } from "../render/run-outcome.ts";
import type { Session } from "../session.ts";
import type { Resources } from "./resources.ts";
import { phaseOf, type Run, type RunNoun } from "./runs.ts";
import { waitForRun } from "./wait-for-run.ts";

/**
 * Asks for a run; when it is stopped before the answer came, it is said that the run may be there.
 * Errors: ARK_NAME_TAKEN, those of a create.
 */
export async function askForRun<T>(
  session: Session,
  noun: RunNoun,
  name: string,
  create: () => Promise<T>,
): Promise<T> {
  try {
    return await create();
  } catch (thrown) {
    if (session.signal.aborted) {
      session.note(
        `${noun} ${name} may have been asked for: ark-ts ${noun} get ${name} tells, and ark-ts ${noun} cancel ${name} ends it`,
      );
    }
    throw thrown;
  }
}

/**
 * What follows the creation of a run: with `--wait` its end and the exit status of that, else that
 * it was asked for. Ctrl-C stops the wait only.
 */
export async function concludeRun(
  session: Session,
  runs: Resources<Run>,
  noun: RunNoun,
  created: Run,
): Promise<ExitStatus> {
  const { flags, environment } = session.invocation;
  const { name } = created.metadata;
  const format = flags.text("output");
  const names = [`${noun}/${name}`];
  if (flags.boolean("wait") !== true) {
    await printResource(environment, format, {
      value: created,
      table: () =>
        `${noun} ${name}: asked for, the server does the work\n\nto follow it: ark-ts ${noun} get ${name}, or ark-ts ${noun} logs ${name} --follow\n`,
      names,
    });
    return exitStatus.done;
  }
  session.note(`${noun} ${name} is asked for; Ctrl-C stops waiting, not the ${noun}`);
  const waited = await waitForRun(session, runs, { noun, name });
  if (waited.kind === "stopped") {
    session.note(
      `no longer waiting: ${noun} ${name} goes on in the server. To see it: ark-ts ${noun} describe ${name}; to end it: ark-ts ${noun} cancel ${name}`,
    );
    return exitStatus.cancelled;
  }
  const { run } = waited;
  const { status = {} } = run;
  await printResource(environment, format, {
    value: run,
    table: () => renderRunOutcome({ noun, name, phase: phaseOf(run), status }, session.out),
    names,
  });
  return exitStatusOfPhase(status.phase);
}
