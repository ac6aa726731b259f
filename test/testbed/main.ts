/** `npm run testbed -- up | down | status | fill`: a throw-away cluster for hands and eyes. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BinaryName, binaryNames, ensureBinary } from "./binaries.ts";
import { startControlPlane } from "./control-plane.ts";
import type { ControlPlaneAccess, ControlPlaneDetails } from "./control-plane-access.ts";
import { destroyInstance } from "./destroy-instance.ts";
import {
  type InstanceState,
  listInstances,
  readState,
  recordedProcesses,
} from "./instance-folder.ts";
import { startMinio } from "./minio.ts";
import type { MinioDetails } from "./minio-access.ts";
import { csiBinaries } from "./node/csi.ts";
import { nodeImages } from "./node/images.ts";
import { nodeBinaries, startNode } from "./node/node.ts";
import type { NodeDetails } from "./node/node-access.ts";
import { whyNoNode } from "./node/why-no-node.ts";
import { isRunning } from "./process-table.ts";
import { startProgress } from "./progress.ts";

const usage = `usage: npm run testbed -- COMMAND
  up [--scheduler] [--minio] [--minio-tls]   start a control plane (and MinIO), leave it running
  up --node [--minio] [--minio-tls]          the same with a real node and CSI: one for each machine; root
  status                                     show what runs
  down [ID ...] [--all]                      end what \`up\` left running, and all leftovers;
                                             --all also ends those of running tests
  fill [ARG ...]                             make objects in a cluster (fill --help)
  build [NAME ...]                           build the programs now instead of when needed`;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

class UsageError extends Error {}

async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const progress = startProgress(what);
  try {
    const result = await work();
    progress.done();
    return result;
  } catch (error) {
    progress.fail();
    throw error;
  }
}

function describeControlPlane(folder: string, { server }: ControlPlaneDetails): string {
  return [
    `control plane ${basename(folder)} at ${server}`,
    `  export KUBECONFIG=${folder}/admin.kubeconfig`,
  ].join("\n");
}

function describeMinio(folder: string, minio: MinioDetails): string {
  return [
    `MinIO ${basename(folder)} at ${minio.endpoint} (region ${minio.region}, path style)`,
    `  export AWS_ENDPOINT_URL_S3=${minio.endpoint} AWS_REGION=${minio.region}`,
    `  export AWS_ACCESS_KEY_ID=${minio.accessKeyId} AWS_SECRET_ACCESS_KEY=${minio.secretAccessKey}`,
    ...(minio.caFile === undefined ? [] : [`  export AWS_CA_BUNDLE=${minio.caFile}`]),
  ].join("\n");
}

function describeNode(folder: string, { controlPlane }: NodeDetails): string {
  return `node ${basename(folder)} of control plane ${basename(controlPlane)}`;
}

function describeInstance(folder: string, state: InstanceState): string {
  if (state.details === undefined) return `${state.kind} ${basename(folder)}, starting or failed`;
  if (state.kind === "velero") return `Velero ${basename(folder)}`;
  if (state.kind === "node") return describeNode(folder, state.details as NodeDetails);
  return state.kind === "minio"
    ? describeMinio(folder, state.details as MinioDetails)
    : describeControlPlane(folder, state.details as ControlPlaneDetails);
}

interface UpOptions {
  readonly scheduler: boolean;
  readonly node: boolean;
}

interface Kept {
  readonly plane: ControlPlaneAccess;
  /** What `down` is to be given to end all of it. */
  readonly ids: readonly string[];
}

/** Starts a control plane, with a node if asked, that stays. */
async function startKept({ scheduler, node }: UpOptions): Promise<Kept> {
  if (!node) {
    const start = () => startControlPlane({ scheduler });
    const plane = await withProgress("starting the control plane", start);
    await plane.release();
    return { plane, ids: [basename(plane.folder)] };
  }
  const reason = await whyNoNode();
  if (reason !== undefined) throw new Error(reason);
  const started = await withProgress("starting the control plane, its node and CSI", () =>
    startNode({ csi: true }),
  );
  await started.release();
  say(`node ${basename(started.folder)}; images: ${Object.values(nodeImages).join(", ")}`);
  // The node takes its control plane with it when it goes.
  return { plane: started.controlPlane, ids: [basename(started.folder)] };
}

async function up(args: string[]): Promise<void> {
  const flag = { type: "boolean", default: false } as const;
  const options = { scheduler: flag, node: flag, minio: flag, "minio-tls": flag };
  const { values } = parseArgs({ args, options });
  const needed: BinaryName[] = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];
  if (values.scheduler) needed.push("kube-scheduler");
  if (values.node) needed.push(...nodeBinaries, ...csiBinaries);
  if (values.minio || values["minio-tls"]) needed.push("minio");
  for (const name of needed) await ensureBinary(name);

  const { plane, ids: started } = await startKept(values);
  const ids = [...started];
  if (values.minio || values["minio-tls"]) {
    const start = () => startMinio({ tls: values["minio-tls"] });
    const minio = await withProgress("starting MinIO", start);
    await minio.release();
    say(describeMinio(minio.folder, minio));
    ids.push(basename(minio.folder));
  }
  say(describeControlPlane(plane.folder, plane));
  say(`  kubectl is ${await ensureBinary("kubectl")}`);
  say(`to end it: npm run testbed -- down ${ids.join(" ")}`);
}

/** Who answers for a testbed: nobody (`up` left it, or its starter died) or a running starter. */
function findKeeper(state: InstanceState | undefined): number | undefined {
  if (state === undefined || state.kept || !isRunning(state.starter)) return undefined;
  return state.starter.pid;
}

async function down(args: string[]): Promise<void> {
  const options = { all: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  // Nodes first: they take their control planes with them.
  const rank = (folder: string): number => (readState(folder)?.kind === "node" ? 0 : 1);
  const folders = listInstances().sort((a, b) => rank(a) - rank(b));
  const unknown = positionals.find((id) => !folders.some((folder) => basename(folder) === id));
  if (unknown !== undefined) {
    throw new UsageError(`no testbed is called "${unknown}"; see: npm run testbed -- status`);
  }
  let ended = 0;
  for (const folder of folders) {
    if (!listInstances().includes(folder)) continue;
    const id = basename(folder);
    if (positionals.length > 0 && !positionals.includes(id)) continue;
    const keeper = findKeeper(readState(folder));
    if (keeper !== undefined && !values.all && positionals.length === 0) {
      say(`${id} belongs to process ${keeper}, which runs: left alone (--all ends it too)`);
      continue;
    }
    await withProgress(`ending ${id}`, () => destroyInstance(folder));
    ended += 1;
  }
  say(ended === 0 ? "nothing to end" : `ended ${ended}`);
}

function status(args: string[]): void {
  parseArgs({ args, options: {} });
  const folders = listInstances();
  if (folders.length === 0) say("nothing runs");
  for (const folder of folders) {
    const state = readState(folder);
    say(state === undefined ? `${basename(folder)}: leftover` : describeInstance(folder, state));
    const keeper = findKeeper(state);
    const owner = keeper === undefined ? "until `down`" : `until process ${keeper} ends`;
    say(`  since ${state?.startedAt ?? "?"}, runs ${owner}`);
    for (const { name, mark } of recordedProcesses(folder).reverse()) {
      const running = mark !== undefined && isRunning(mark);
      say(`  ${name.padEnd(24)} ${running ? `pid ${mark.pid}` : "NOT RUNNING"}`);
    }
  }
}

async function fill(args: string[]): Promise<void> {
  const file = new URL("./fill/fill.ts", import.meta.url);
  if (!existsSync(fileURLToPath(file))) {
    throw new Error("`fill` is not in this checkout: test/testbed/fill/fill.ts is missing");
  }
  const { main } = (await import(file.href)) as { main(args: string[]): Promise<void> };
  await main(args);
}

async function build(args: string[]): Promise<void> {
  const unknown = args.find((name) => !binaryNames.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UsageError(`"${unknown}" is not one of ${binaryNames.join(", ")}`);
  }
  const names = args.length === 0 ? binaryNames : (args as BinaryName[]);
  for (const name of names) say(await ensureBinary(name));
}

const commands: Readonly<Record<string, (args: string[]) => void | Promise<void>>> = {
  up,
  down,
  status,
  fill,
  build,
};

const [name = "", ...rest] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
try {
  if (name === "--help" || name === "help" || name === "-h") say(usage);
  else if (command === undefined) throw new UsageError(usage);
  else await command(rest);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  process.stderr.write(
    `${error instanceof UsageError && message === usage ? "" : "testbed: "}${message}\n`,
  );
  process.exitCode = error instanceof UsageError || code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
}
