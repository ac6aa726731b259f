import type { ResourceKind } from "../../../api/resource-kind.ts";
import { veleroKinds } from "../../../api/velero-kinds.ts";
import { decodeJson } from "../../../lib/json-text.ts";
import { listAll } from "../../../runtime/list-all.ts";
import { engineVersion } from "../../engine-version.ts";
import type { TextSink } from "../../environment.ts";
import { createFlagValues } from "../../flag-values.ts";
import type { Session } from "../../session.ts";
import { describeBackups } from "../backup/describe.ts";
import { printBackupLog } from "../backup/logs.ts";
import { eventKind, leaseKind, podKind, workloadKind } from "../core-kinds.ts";
import { resourcesOf } from "../resources.ts";
import { describeRestores } from "../restore/describe.ts";
import { printRestoreLog } from "../restore/logs.ts";
import type { ServerAccess } from "../server-access.ts";
import { askServer } from "../server-status.ts";
import type { Bundle } from "./bundle.ts";

const tailLines = 20_000;
/** For each answer of the server: nobody waits a minute for each file of one that is dead. */
const patience = "10s";

interface PodSeen {
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly restartCount?: number;
    }[];
  };
}

/** Gathers what tells about a server: objects first, so that their secrets are known in texts. */
export async function gather(
  session: Session,
  server: ServerAccess,
  bundle: Bundle,
): Promise<void> {
  await gatherVersions(session, server, bundle);
  for (const kind of veleroKinds) {
    await bundle.step(kind.plural, async () => {
      const all = await resourcesOf(kind, server, session.signal).list();
      bundle.addObjects(`resources/${kind.plural}.json`, all);
    });
  }
  for (const kind of [workloadKind, leaseKind, eventKind]) {
    await bundle.step(kind.resource, async () => {
      bundle.addObjects(`resources/${kind.resource}.json`, await allOf(session, server, kind));
    });
  }
  await bundle.step("pods", async () => {
    const pods = (await allOf(session, server, podKind)) as readonly PodSeen[];
    bundle.addObjects("resources/pods.json", pods);
    for (const pod of pods) await gatherLogs(session, server, bundle, pod);
  });
  const { flags } = session.invocation;
  const backup = flags.text("backup");
  if (backup !== undefined) {
    await gatherText(session, bundle, { path: "backup-describe.txt", name: backup }, (one) =>
      describeBackups(one, server),
    );
    await gatherText(session, bundle, { path: "backup-log.txt", name: backup }, (one) =>
      printBackupLog(one, server),
    );
  }
  const restore = flags.text("restore");
  if (restore === undefined) return;
  await gatherText(session, bundle, { path: "restore-describe.txt", name: restore }, (one) =>
    describeRestores(one, server),
  );
  await gatherText(session, bundle, { path: "restore-log.txt", name: restore }, (one) =>
    printRestoreLog(one, server),
  );
}

async function gatherVersions(
  session: Session,
  server: ServerAccess,
  bundle: Bundle,
): Promise<void> {
  const versions: Record<string, unknown> = {
    client: { version: await engineVersion(), node: process.versions.node, os: process.platform },
  };
  await bundle.step("version of the cluster", async () => {
    const { gitVersion, id } = await server.cluster.identity({ signal: session.signal });
    versions["cluster"] = { gitVersion, id };
  });
  await bundle.step("version of the server", async () => {
    versions["server"] = await askServer(session, server);
  });
  bundle.addObjects("versions.json", versions);
}

async function allOf(
  { signal }: Session,
  { cluster, namespace }: ServerAccess,
  kind: ResourceKind,
): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const take = ({ bytes }: { readonly bytes: Buffer }) =>
    found.push(decodeJson(bytes.toString("utf8")));
  await listAll(cluster, { kind, namespace }, 500, take, signal);
  return found;
}

async function gatherLogs(
  { signal }: Session,
  { cluster, namespace }: ServerAccess,
  bundle: Bundle,
  { metadata, spec, status }: PodSeen,
): Promise<void> {
  const pod = metadata.name;
  for (const { name: container } of [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
  ]) {
    const request = { namespace, pod, container, tailLines };
    await bundle.step(`log of ${pod}/${container}`, async () => {
      const log = await cluster.podLog(request, { signal });
      bundle.addText(`logs/${pod}/${container}.log`, log.toString("utf8"));
    });
    const known = status?.containerStatuses?.find(({ name }) => name === container);
    if ((known?.restartCount ?? 0) === 0) continue;
    await bundle.step(`earlier log of ${pod}/${container}`, async () => {
      const log = await cluster.podLog({ ...request, previous: true }, { signal });
      bundle.addText(`logs/${pod}/${container}.previous.log`, log.toString("utf8"));
    });
  }
}

/** What a command prints of one run, warnings included. */
async function gatherText(
  session: Session,
  bundle: Bundle,
  { path, name }: { readonly path: string; readonly name: string },
  print: (session: Session) => Promise<unknown>,
): Promise<void> {
  let text = "";
  const sink: TextSink = {
    write: (part) => {
      text += typeof part === "string" ? part : Buffer.from(part).toString("utf8");
    },
    drained: async () => undefined,
    isTerminal: false,
    columns: undefined,
  };
  const { invocation } = session;
  const flags = createFlagValues(
    new Map<string, boolean | string>([
      ["details", true],
      ["timeout", patience],
    ]),
  );
  const environment = { ...invocation.environment, stdout: sink, stderr: sink };
  const one = {
    ...session,
    invocation: { ...invocation, args: [name], flags, environment },
    note: (line: string) => sink.write(`${line}\n`),
  };
  await bundle.step(`${path} of ${name}`, async () => {
    try {
      await print(one);
    } finally {
      if (text !== "") bundle.addText(path, text);
    }
  });
}
