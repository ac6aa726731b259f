import type { Cluster } from "../ports/cluster.ts";
import { chooseMode } from "./choose-mode.ts";
import { openCluster } from "./compose.ts";
import type { CommandNeed } from "./mode.ts";
import { noServerForm, refuseServerFlags } from "./server-mode/command-forms.ts";
import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

export interface Standalone {
  /** The cluster, where the command needs one or one was asked for its server. */
  readonly cluster: Cluster | undefined;
  readonly context: string;
}

/**
 * Goes on where this command does the work itself, and says so in one line. Errors: ARK_MODE_UNCLEAR;
 * ARK_USAGE in server mode, for `--namespace`, and for a flag that only a server can honour; those
 * of connecting where the command needs the cluster.
 */
export async function enterStandalone(session: Session, need: CommandNeed): Promise<Standalone> {
  const { invocation } = session;
  const { mode, reason, opened } = await chooseMode(session, need);
  if (mode === "server") throw noServerForm(invocation.path, reason);
  if (invocation.flags.has("namespace")) {
    throw usageError(
      "-n/--namespace has no effect in standalone mode: it names the namespace of an ark-ts server",
      "to choose what is taken: --include-namespaces",
    );
  }
  refuseServerFlags(invocation);
  const connected = opened ?? (need === "cluster" ? await openCluster(session) : undefined);
  const rights = need === "cluster" ? "; running here, with your own rights" : "";
  session.note(session.err.dim(`standalone: ${reason}${rights}`));
  return { cluster: connected?.cluster, context: connected?.context ?? "" };
}
