import type { Cluster } from "../../ports/cluster.ts";
import type { PodLogs } from "../../ports/pod-logs.ts";
import type { ServiceProxy } from "../../ports/service-proxy.ts";
import { chooseMode, serverNamespace } from "../choose-mode.ts";
import type { Invocation } from "../command-spec.ts";
import { openCluster } from "../compose.ts";
import type { ExitStatus } from "../exit-codes.ts";
import type { CommandNeed, ModeDecision } from "../mode.ts";
import { suggestAtPlace } from "../render/suggested-commands.ts";
import { type Session, withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";
import { refuseServerFlags, refuseStandaloneFlags } from "./command-forms.ts";

/** Where the resources are that a command reads and writes for a server. */
export interface ServerAccess {
  readonly cluster: Cluster & PodLogs & ServiceProxy;
  /** Name of the kubeconfig context; empty in a pod. */
  readonly context: string;
  /** The server's. */
  readonly namespace: string;
}

/** The two forms of a command. Each is called once the mode is known; each says it in one line. */
export interface Forms {
  readonly standalone: (session: Session) => Promise<ExitStatus>;
  readonly server: (session: Session, server: ServerAccess) => Promise<ExitStatus>;
}

/**
 * Runs the form of the command that the mode asks for. The standalone form enters its mode by
 * itself (`enterStandalone`, `openChosenLocation`). Errors: ARK_MODE_UNCLEAR; ARK_USAGE for a flag
 * that has no effect in server mode.
 */
export async function inEitherMode(
  invocation: Invocation,
  need: CommandNeed,
  { standalone, server }: Forms,
): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { mode } = await chooseMode(session, need);
    if (mode === "standalone") {
      refuseServerFlags(invocation);
      return await standalone(session);
    }
    return await server(withoutLocation(session), await enterServer(session, need));
  });
}

/**
 * For a command that has no standalone form: `what` begins the sentence that refuses it there
 * (`schedules`); `otherwise` says how it is done without a server. Errors: ARK_USAGE, ARK_MODE_UNCLEAR.
 */
export async function inServerMode(
  invocation: Invocation,
  what: string,
  work: (session: Session, server: ServerAccess) => Promise<ExitStatus>,
  otherwise?: string,
): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const decision = await chooseMode(session, "cluster");
    if (decision.mode === "standalone") throw needsServer(what, decision, otherwise);
    return await work(session, await enterServer(session, "cluster"));
  });
}

function needsServer(what: string, { reason }: ModeDecision, otherwise?: string): Error {
  const advice =
    "ark-ts install sets a server up; with -n its namespace is named, with --mode server it is not looked for";
  return usageError(
    `${what} need an ark-ts server, and this is standalone mode: ${reason}`,
    otherwise === undefined ? advice : `${advice}; ${otherwise}`,
  );
}

/** What is suggested next is not for a location: a server knows its backups by name. */
function withoutLocation(session: Session): Session {
  const { invocation } = session;
  const { environment } = invocation;
  const argv = environment.argv.filter((word, at, all) => {
    const isFlag = (text = "") => /^--(?:storage-location|store)$/.test(text);
    return !isFlag(word) && !isFlag(all[at - 1]) && !/^--(?:storage-location|store)=/.test(word);
  });
  return {
    ...session,
    invocation: { ...invocation, environment: { ...environment, argv } },
    note: (line) => environment.stderr.write(`${suggestAtPlace(line, argv)}\n`),
  };
}

async function enterServer(session: Session, need: CommandNeed): Promise<ServerAccess> {
  const { reason, opened } = await chooseMode(session, need);
  refuseStandaloneFlags(session.invocation, serverNamespace(session));
  const { cluster, context } = opened ?? (await openCluster(session));
  const namespace = serverNamespace(session);
  const place = reason.includes(` namespace ${namespace} `) ? "" : `; namespace ${namespace}`;
  session.note(session.err.dim(`server: ${reason}${place}`));
  return { cluster, context, namespace };
}
