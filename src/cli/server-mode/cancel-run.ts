import { kubeTime } from "../../api/kube-time.ts";
import { annotations } from "../../api/labels.ts";
import { ArkError } from "../../lib/errors.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { parsePositiveDuration } from "../go-duration.ts";
import { span } from "../render/amounts.ts";
import type { Session } from "../session.ts";
import type { Resources } from "./resources.ts";
import { hasEnded, phaseOf, type Run, type RunNoun } from "./runs.ts";
import { waitForRun } from "./wait-for-run.ts";

const defaultLimitMs = 120_000;

/**
 * Asks the server to cancel a run and waits, for `--timeout`, until it has ended. One that was
 * cancelled is fine; one that ended otherwise, or goes on, is a failure.
 */
export async function cancelRun(
  session: Session,
  runs: Resources<Run>,
  noun: RunNoun,
): Promise<ExitStatus> {
  const { args, flags, environment } = session.invocation;
  const name = args[0] ?? "";
  const typed = flags.text("timeout");
  const limitMs = typed === undefined ? defaultLimitMs : parsePositiveDuration(typed, "--timeout");
  const before = await runs.get(name);
  if (!hasEnded(noun, before)) {
    const asked = { [annotations.cancel]: kubeTime(session.clock.now()) };
    if (before.metadata.annotations?.[annotations.cancel] === undefined) {
      await runs.patch(name, { metadata: { annotations: asked } });
    }
    session.note(`${noun} ${name} is ${phaseOf(before)}; the server is asked to cancel it`);
  }
  const waited = await waitForRun(session, runs, { noun, name, limitMs });
  if (waited.kind === "stopped") {
    session.note(`no longer waiting: the server goes on cancelling ${noun} ${name}`);
    return exitStatus.cancelled;
  }
  const phase = phaseOf(waited.run);
  if (waited.kind === "goes-on") {
    throw new ArkError(
      "ARK_API_FAILED",
      `${noun} "${name}" has not ended ${span(limitMs)} after it was asked to: it is ${phase}`,
      { advice: `the request stays; see whether the server is alive: ark-ts version` },
    );
  }
  if (phase === "Cancelled") {
    environment.stdout.write(`${noun} ${name}: cancelled\n`);
    return exitStatus.done;
  }
  const when = hasEnded(noun, before) ? "had ended already" : "ended before it could be cancelled";
  environment.stdout.write(`${noun} ${name} ${when}: ${phase}\n`);
  return exitStatus.failed;
}
