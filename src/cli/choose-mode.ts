import type { Cluster } from "../ports/cluster.ts";
import type { PodLogs } from "../ports/pod-logs.ts";
import type { ServiceProxy } from "../ports/service-proxy.ts";
import { openCluster } from "./compose.ts";
import { detectServer, sightingOfError } from "./detect-server.ts";
import { type CommandNeed, decideMode, type ModeDecision, type Sighting } from "./mode.ts";
import type { Session } from "./session.ts";

interface OpenedCluster {
  readonly cluster: Cluster & PodLogs & ServiceProxy;
  /** Name of the kubeconfig context; empty in a pod. */
  readonly context: string;
}

export interface ChosenMode extends ModeDecision {
  /** The cluster that was looked at; undefined: none was, or none can be reached. */
  readonly opened: OpenedCluster | undefined;
}

const chosen = new WeakMap<Session, { readonly need: CommandNeed; readonly mode: ChosenMode }>();

/**
 * Who does the work of this command: `--mode`, the kept mode, or what is seen in the cluster. With
 * `--mode` no cluster is opened. Decided once for a session. Errors: ARK_MODE_UNCLEAR, and for a
 * command that needs the cluster those of connecting.
 */
export async function chooseMode(session: Session, need: CommandNeed): Promise<ChosenMode> {
  const before = chosen.get(session);
  if (before?.need === need) return before.mode;
  const mode = await decide(session, need);
  chosen.set(session, { need, mode });
  return mode;
}

/** The namespace in which a server is looked for, and its resources are. */
export function serverNamespace({ invocation, config }: Session): string {
  return invocation.flags.text("namespace") ?? config.serverNamespace ?? "ark-ts";
}

async function decide(session: Session, need: CommandNeed): Promise<ChosenMode> {
  const asked = session.invocation.flags.text("mode") as "standalone" | "server" | undefined;
  if (asked !== undefined) {
    const look = async (): Promise<Sighting> => ({ kind: "no-server" });
    const evidence = { asked, kept: undefined, context: "", need, look };
    return { ...(await decideMode(evidence)), opened: undefined };
  }
  const { opened, look } = await tryToOpen(session, need);
  const context = opened?.context ?? "";
  const kept = session.config.modes[context];
  return { ...(await decideMode({ asked, kept, context, need, look })), opened };
}

async function tryToOpen(
  session: Session,
  need: CommandNeed,
): Promise<Pick<ChosenMode, "opened"> & { readonly look: () => Promise<Sighting> }> {
  try {
    const opened = await openCluster(session);
    const namespace = serverNamespace(session);
    return { opened, look: () => detectServer(opened.cluster, namespace, need, session) };
  } catch (thrown) {
    if (need === "cluster") throw thrown;
    const sighting = sightingOfError(thrown, session.signal);
    return { opened: undefined, look: async () => sighting };
  }
}
