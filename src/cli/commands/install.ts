import { readFile } from "node:fs/promises";
import type { Manifest } from "../../install/manifests/manifest.ts";
import type { ServerRequest } from "../../install/manifests/server-request.ts";
import type { PlannedObject } from "../../install/plan-server.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Invocation } from "../command-spec.ts";
import { openCluster } from "../compose.ts";
import { engineVersion } from "../engine-version.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { readFlagFile, typedPath } from "../flag-file.ts";
import { firstLocationFlags, serverFlags } from "../flags/install-flags.ts";
import { definitionsText, definitionWarnings, manifestList } from "../render/install-text.ts";
import { printResource } from "../render/resource-output.ts";
import { nextStepsText, serverText } from "../render/server-text.ts";
import { serverRequestOfFlags } from "../server-request-of-flags.ts";
import { type Session, withSession } from "../session.ts";
import { usageError } from "../usage-error.ts";

/** Puts the kinds of velero.io and the server into the cluster, or says what that would do. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  const { flags } = invocation;
  return await withSession(invocation, async (session) => {
    const request = flags.boolean("crds-only") === true ? undefined : await requestOf(session);
    if (request === undefined) refuseServerFlags(session);
    const { serverManifests } = await import("../../install/manifests/server-manifests.ts");
    const manifests = request === undefined ? [] : serverManifests(request);
    const isDryRun = flags.boolean("dry-run") === true;
    const output = flags.text("output");
    if (isDryRun && output !== undefined && output !== "table") {
      await printManifests(session, manifests, output);
      return exitStatus.done;
    }
    await install(session, request, manifests);
    return exitStatus.done;
  });
}

function refuseServerFlags({ invocation: { flags } }: Session): void {
  const names = [...serverFlags, ...firstLocationFlags].map(({ name }) => name);
  const typed = [...names, "wait"].find((name) => flags.has(name));
  if (typed === undefined) return;
  throw usageError(`--${typed} has no effect beside --crds-only, which installs no server`);
}

async function requestOf(session: Session): Promise<ServerRequest> {
  const { flags, environment, tree } = session.invocation;
  const read = async (flag: string): Promise<Uint8Array | undefined> => {
    const path = flags.text(flag);
    if (path === undefined) return undefined;
    // It says in a sentence what is wrong with a file; the content is taken as it is.
    await readFlagFile(flag, path, environment.cwd);
    return await readFile(typedPath(path, environment.cwd));
  };
  const files = { credential: await read("secret-file"), caCert: await read("cacert") };
  const namespace = flags.text("namespace") ?? session.config.serverNamespace ?? "ark-ts";
  const version = await engineVersion();
  const request = serverRequestOfFlags(flags, { namespace, version, files, tree });
  await checkPlace(request);
  return request;
}

/** Errors: ARK_CONFIG_INVALID, ARK_USAGE. */
async function checkPlace({ location }: ServerRequest): Promise<void> {
  if (location === undefined) return;
  const { checkLocation, isSameProvider } = await import("../../../plugins/registry.ts");
  const { provider, bucket, prefix, config } = location;
  checkLocation({ provider, bucket, prefix, config });
  if (!isSameProvider(provider, "directory")) return;
  throw usageError(
    "a directory cannot be the location of a server: its pods move between nodes, and the directory does not",
    "name a bucket",
  );
}

/** For any cluster: none is asked. */
async function printManifests(
  session: Session,
  manifests: readonly Manifest[],
  output: string,
): Promise<void> {
  const { toDefinition } = await import("../../api/custom-resource-definition.ts");
  const { veleroKinds } = await import("../../api/velero-kinds.ts");
  const all: readonly NamedObject[] = [...veleroKinds.map(toDefinition), ...manifests];
  await printResource(session.invocation.environment, output, {
    value: manifestList(all),
    table: () => "",
    names: all.map(nameOf),
  });
}

interface NamedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const nameOf = ({ kind, metadata }: NamedObject): string =>
  `${kind.toLowerCase()}/${metadata.name}`;

async function install(
  session: Session,
  request: ServerRequest | undefined,
  manifests: readonly Manifest[],
): Promise<void> {
  const { signal, clock } = session;
  const { cluster, context } = await openCluster(session);
  const { planDefinitions, refuseConflicts, installDefinitions } = await import(
    "../../install/install-definitions.ts"
  );
  const { planServer, refuseMissingRights } = await import("../../install/plan-server.ts");
  const { installServer } = await import("../../install/install-server.ts");
  const definitions = await planDefinitions(cluster, signal);
  refuseConflicts(definitions);
  const plan = await planServer(cluster, manifests, signal);
  refuseMissingRights(plan);
  const isDryRun = session.invocation.flags.boolean("dry-run") === true;
  if (!isDryRun) {
    await installDefinitions(definitions, { cluster, clock }, signal);
    await installServer(plan.objects, cluster, signal);
  }
  const names = definitions.map(({ name }) => name);
  await print(session, cluster, {
    names,
    objects: plan.objects,
    text: () =>
      definitionsText(definitions, { context, isDryRun }) +
      serverText(plan.objects, { isDryRun, style: { painter: session.out, details: false } }),
  });
  for (const line of definitionWarnings(definitions)) session.note(session.err.warn(line));
  if (request === undefined || isDryRun) return;
  await awaitReady(session, cluster, request);
  const isFirst = plan.objects.some(
    ({ manifest, decision }) => manifest.kind === "Deployment" && decision.action === "create",
  );
  if (isFirst) session.note(nextStepsText(request));
}

interface Installed {
  readonly names: readonly string[];
  readonly objects: readonly PlannedObject[];
  readonly text: () => string;
}

async function print(
  session: Session,
  cluster: Cluster,
  { names, objects, text }: Installed,
): Promise<void> {
  const output = session.invocation.flags.text("output");
  const isStructured = output === "json" || output === "yaml";
  const { readInstalled } = await import("../../install/read-installed.ts");
  await printResource(session.invocation.environment, output, {
    value: isStructured
      ? manifestList(await readInstalled(cluster, { names, objects }, session.signal))
      : {},
    table: text,
    names: [
      ...names.map((name) => `customresourcedefinition/${name}`),
      ...objects.map(({ manifest }) => nameOf(manifest)),
    ],
  });
}

async function awaitReady(
  session: Session,
  cluster: Cluster,
  request: ServerRequest,
): Promise<void> {
  const { clock, signal } = session;
  if (session.invocation.flags.boolean("wait") !== true) return;
  const { awaitServer } = await import("../../install/await-server.ts");
  const onWait = (sentence: string) => session.note(`waiting for the server: ${sentence}`);
  await awaitServer(request.namespace, { cluster, clock, onWait }, signal);
  session.note(`the server in namespace ${request.namespace} is ready`);
}
