import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

/**
 * True with `--confirm`, or when the person says yes. Without a terminal there is nobody to
 * ask: ARK_USAGE that names the flag.
 */
export async function confirmed(session: Session, question: string): Promise<boolean> {
  const { environment, flags } = session.invocation;
  if (flags.boolean("confirm") === true) return true;
  if (!environment.canAsk) {
    throw usageError(
      "this asks for confirmation, and there is no terminal to ask on",
      "add --confirm",
    );
  }
  for (;;) {
    const answer = await environment.ask(`${question}\nAre you sure (y/n)? `, session.signal);
    if (/^y(es)?$/i.test(answer.trim())) return true;
    if (/^n(o)?$/i.test(answer.trim())) {
      session.note("nothing was done");
      return false;
    }
  }
}
