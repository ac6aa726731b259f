import type { KindSurvey } from "../../install/survey-kinds.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Invocation } from "../command-spec.ts";
import { openCluster } from "../compose.ts";
import { confirmed } from "../confirmation.ts";
import { detectServer } from "../detect-server.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { uninstalledText, uninstallQuestion } from "../render/install-text.ts";
import { type FoundInstallation, uninstallationText } from "../render/uninstall-text.ts";
import { type Session, withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";

/** What both ways to uninstall work on. */
interface Target {
  readonly cluster: Cluster;
  readonly context: string;
  readonly namespace: string;
}

/** Removes the server, and the kinds of velero.io where nobody else uses them. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { flags } = invocation;
  return await withSession(invocation, async (session) => {
    const namespace = flags.text("namespace") ?? session.config.serverNamespace ?? "ark-ts";
    const target = { ...(await openCluster(session)), namespace };
    return flags.boolean("crds-only") === true
      ? await uninstallKinds(session, target)
      : await uninstallServer(session, target);
  });
}

async function uninstallServer(session: Session, target: Target): Promise<ExitStatus> {
  const { cluster, namespace, context } = target;
  const { environment, flags } = session.invocation;
  const found = await survey(session, target);
  if (found.server.deployment === undefined && found.server.objects.length === 0) {
    const kinds = found.kinds.definitions.length > 0 ? "; its kinds are left: --crds-only" : "";
    environment.stdout.write(
      `there is no ark-ts server in namespace ${namespace} of ${context === "" ? "the cluster" : `context ${context}`}: nothing to remove${kinds}\n`,
    );
    return exitStatus.done;
  }
  if (flags.boolean("dry-run") === true) {
    environment.stdout.write(uninstallationText(found, "would be"));
    return exitStatus.done;
  }
  const question = uninstallationText(found, "will be").trimEnd();
  if (!(await confirmed(session, question))) return exitStatus.failed;
  const { stopServer, removeServer } = await import("../../install/uninstall-server.ts");
  const { uninstallDefinitions, uninstallObjects } = await import(
    "../../install/uninstall-definitions.ts"
  );
  const ports = { cluster, clock: session.clock };
  await stopServer(found.server, ports, session.signal);
  // Whoever has made an object while the question stood there keeps it.
  const { kinds, users } = await survey(session, target);
  if (users.length > 0) await uninstallObjects(namespace, ports, session.signal);
  else await uninstallDefinitions(kinds.definitions, ports, session.signal);
  const { server } = await survey(session, target);
  await removeServer(server, ports, session.signal);
  environment.stdout.write(uninstallationText({ ...found, users }, "were"));
  return exitStatus.done;
}

/** Errors: ARK_KINDS_IN_USE where a Velero works in the namespace; those of a LIST. */
async function survey(
  { signal }: Session,
  { cluster, context, namespace }: Target,
): Promise<FoundInstallation> {
  const { surveyServer } = await import("../../install/survey-server.ts");
  const { surveyKinds } = await import("../../install/survey-kinds.ts");
  const { usersOfKinds } = await import("../../install/uninstall-definitions.ts");
  const kinds = await surveyKinds(cluster, signal);
  const velero = kinds.servers.find((name) => name.startsWith(`${namespace}/`));
  if (velero !== undefined) {
    throw new ArkError("ARK_KINDS_IN_USE", `a Velero server works there: deployment ${velero}`, {
      tried: `to see what of ark-ts is in namespace ${namespace}; nothing was changed`,
      advice:
        "its objects would go: remove what is ark-ts's by hand, or Velero with its own command",
    });
  }
  const server = await surveyServer(cluster, namespace, signal);
  return { context, server, kinds, users: usersOfKinds(kinds, namespace) };
}

async function uninstallKinds(session: Session, target: Target): Promise<ExitStatus> {
  const { cluster, context, namespace } = target;
  const { flags } = session.invocation;
  await refuseLiveServer(session, cluster, namespace);
  const { surveyKinds } = await import("../../install/survey-kinds.ts");
  const { refuseInUse, uninstallDefinitions } = await import(
    "../../install/uninstall-definitions.ts"
  );
  const survey = await surveyKinds(cluster, session.signal);
  const place = { context, namespace };
  if (survey.definitions.length > 0) {
    refuseInUse(survey, namespace);
    if (flags.boolean("dry-run") === true) return say(session, survey, { ...place, done: false });
    if (!(await confirmed(session, uninstallQuestion(survey, place)))) return exitStatus.failed;
    // Whoever has made an object while the question stood there keeps it.
    const now = await surveyKinds(cluster, session.signal);
    refuseInUse(now, namespace);
    const ports = { cluster, clock: session.clock };
    await uninstallDefinitions(now.definitions, ports, session.signal);
  }
  return say(session, survey, { ...place, done: true });
}

/** A server would meet the end of its kinds in mid-run. */
async function refuseLiveServer(
  session: Session,
  cluster: Cluster,
  namespace: string,
): Promise<void> {
  const seen = await detectServer(cluster, namespace, "cluster", session);
  if (seen.kind === "forbidden") {
    throw usageError(
      `whether an ark-ts server is at work in namespace ${namespace} cannot be seen: ${seen.answer}`,
      "the right to read Lease ark-ts there is needed",
    );
  }
  if (seen.kind !== "live") return;
  throw usageError(
    `an ark-ts server is at work in namespace ${namespace} (${seen.holder}): its kinds cannot be taken from it`,
    "without --crds-only the server goes too",
  );
}

function say(
  session: Session,
  survey: KindSurvey,
  place: { readonly context: string; readonly namespace: string; readonly done: boolean },
): ExitStatus {
  session.invocation.environment.stdout.write(uninstalledText(survey, place));
  return exitStatus.done;
}
