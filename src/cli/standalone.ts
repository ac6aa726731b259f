import type { ArkError } from "../lib/errors.ts";
import type { Cluster } from "../ports/cluster.ts";
import { openCluster } from "./compose.ts";
import { detectServer, sightingOfError } from "./detect-server.ts";
import { type CommandNeed, decideMode, type ModeDecision, type Sighting } from "./mode.ts";
import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

export interface Standalone {
  /** The cluster, where the command needs one or one was asked for its server. */
  readonly cluster: Cluster | undefined;
  readonly context: string;
}

/**
 * Decides the mode and says it in one line. Answers only for standalone: server mode is an
 * error in this version, and so is `--namespace` in standalone. Errors: ARK_MODE_UNCLEAR,
 * ARK_USAGE, and those of connecting where the command needs the cluster.
 */
export async function enterStandalone(session: Session, need: CommandNeed): Promise<Standalone> {
  const { flags } = session.invocation;
  const asked = flags.text("mode") as "standalone" | "server" | undefined;
  const lookedAt = await contextOf(session, need, asked !== undefined);
  const context = lookedAt.opened?.context ?? "";
  const decision = await decideMode({
    asked,
    kept: session.config.modes[context],
    context,
    need,
    look: () => lookedAt.look(),
  });
  if (decision.mode === "server") throw noServerYet(decision);
  if (flags.has("namespace")) {
    throw usageError(
      "-n/--namespace has no effect in standalone mode: it names the namespace of an ark-ts server",
      "to choose what is taken: --include-namespaces",
    );
  }
  const rights = need === "cluster" ? "; running here, with your own rights" : "";
  session.note(session.err.dim(`standalone: ${decision.reason}${rights}`));
  return { cluster: lookedAt.opened?.cluster, context };
}

interface LookedAt {
  readonly opened: { readonly cluster: Cluster; readonly context: string } | undefined;
  readonly look: () => Promise<Sighting>;
}

async function contextOf(
  session: Session,
  need: CommandNeed,
  modeAsked: boolean,
): Promise<LookedAt> {
  const { flags } = session.invocation;
  const namespace = flags.text("namespace") ?? session.config.serverNamespace ?? "ark-ts";
  const unasked = async (): Promise<Sighting> => ({ kind: "no-server" });
  if (modeAsked && need !== "cluster") return { opened: undefined, look: unasked };
  try {
    const opened = await openCluster(session);
    const look = () => detectServer(opened.cluster, namespace, need, session);
    return { opened, look };
  } catch (thrown) {
    if (need === "cluster") throw thrown;
    const sighting = sightingOfError(thrown, session.signal);
    return { opened: undefined, look: async () => sighting };
  }
}

function noServerYet(decision: ModeDecision): ArkError {
  return usageError(
    `server mode is not in this version yet (${decision.reason})`,
    "run it with --mode standalone, which works with your own rights; take care not to run it beside a server",
  );
}
