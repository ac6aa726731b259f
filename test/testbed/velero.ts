/** A real Velero server as a process of this machine, beside a control plane and a MinIO. */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { connectKube } from "../support/kube-client.ts";
import { type CommandResult, runCommand } from "../support/run-command.ts";
import { ensureBinary } from "./binaries.ts";
import type { ControlPlaneAccess } from "./control-plane-access.ts";
import { fetchStatus } from "./fetch-status.ts";
import { endProcess } from "./instance-folder.ts";
import { launch } from "./launch.ts";
import type { MinioAccess } from "./minio-access.ts";
import {
  createProcessGroup,
  findProcess,
  type ProcessGroup,
  type ProcessSpec,
} from "./process-group.ts";
import { createServerHome, type Location, openLocation } from "./velero-resources.ts";

export interface VeleroOptions {
  /** Must exist. */
  readonly bucket: string;
  /** Folder in the bucket; default none. */
  readonly prefix?: string;
  /** Created if it is missing; default `velero`. */
  readonly namespace?: string;
  /** Its kinds, home and location are in the cluster already: only the server starts. */
  readonly existing?: boolean;
  /** As of `velero server --features`; default none. */
  readonly features?: readonly string[];
  /** Executables that it finds in its folder of plugins beside that for AWS. */
  readonly plugins?: readonly string[];
  /** For the server and its plugins, beside its own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (step: string) => void;
}

export interface Velero {
  readonly folder: string;
  readonly namespace: string;
  /** Runs the `velero` command of the same version against this server. */
  run(...args: readonly string[]): Promise<CommandResult>;
  /** The same; throws with what it printed unless it ends with 0. */
  ok(...args: readonly string[]): Promise<string>;
  /**
   * Starts the server anew, with other features if they are given, and returns when it has synced
   * the bucket. Velero does that at its start and then only once a minute.
   */
  sync(features?: readonly string[]): Promise<void>;
  /** All that the server has logged, over its starts. */
  readLog(): string;
  /** The process id; throws if it was never started. */
  pid(): number;
  /** Ends the server and removes its folder; what is in the cluster and the bucket stays. */
  stop(): Promise<void>;
}

const locationName = "default";

interface Build {
  readonly group: ProcessGroup;
  readonly plane: ControlPlaneAccess;
  readonly minio: MinioAccess;
  readonly options: VeleroOptions;
  readonly namespace: string;
  readonly binary: string;
  readonly plugin: string;
}

type Run = (...args: readonly string[]) => Promise<string>;

function commandOf({ binary, plane, group, namespace }: Build): Velero["run"] {
  const env = { KUBECONFIG: plane.kubeconfig, HOME: group.folder };
  return (...args) => runCommand(binary, ["--namespace", namespace, ...args], { env });
}

function strict(run: Velero["run"]): Run {
  return async (...args) => {
    const { status, stdout, stderr } = await run(...args);
    if (status === 0) return stdout;
    throw new Error(`velero ${args.join(" ")}: exit ${status}\n${stdout}${stderr}`);
  };
}

/** Velero asks every executable that it finds in there: no other may be. */
function pluginFolder({ group, plugin, options: { plugins = [] } }: Build): string {
  if (plugins.length === 0) return dirname(plugin);
  const folder = join(group.folder, "plugins");
  mkdirSync(folder, { recursive: true });
  for (const path of [plugin, ...plugins]) {
    const target = join(folder, basename(path));
    if (!existsSync(target)) copyFileSync(path, target, constants.COPYFILE_FICLONE);
  }
  return folder;
}

function serverSpec(build: Build, port: number, features: readonly string[]): ProcessSpec {
  const { group, minio, binary, plane, namespace } = build;
  const credentials = join(group.folder, "aws-credentials");
  writeFileSync(
    credentials,
    `[default]\naws_access_key_id=${minio.accessKeyId}\naws_secret_access_key=${minio.secretAccessKey}\n`,
    { mode: 0o600 },
  );
  return {
    name: "velero",
    command: [
      binary,
      "server",
      `--namespace=${namespace}`,
      `--plugin-dir=${pluginFolder(build)}`,
      `--metrics-address=127.0.0.1:${port}`,
      "--profiler-address=",
      "--item-operation-sync-frequency=1s",
      `--features=${features.join(",")}`,
    ],
    env: {
      KUBECONFIG: plane.kubeconfig,
      VELERO_NAMESPACE: namespace,
      VELERO_SCRATCH_DIR: group.folder,
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      ...build.options.env,
    },
  };
}

const isServing = async (port: number | undefined): Promise<boolean> =>
  (await fetchStatus(`http://127.0.0.1:${port}/metrics`)) === 200;

/** Returns the port of its metrics. */
async function launchServer(build: Build): Promise<number> {
  const { group, options } = build;
  const [port = 0] = await launch(group, {
    name: "velero",
    portCount: 1,
    signal: options.signal,
    toSpec: ([number = 0]) => serverSpec(build, number, options.features ?? []),
    isReady: ([number]) => isServing(number),
  });
  return port;
}

async function createLocation({ minio, options }: Build, velero: Run): Promise<void> {
  const config = `region=${minio.region},s3ForcePathStyle=true,s3Url=${minio.endpoint}`;
  await velero(
    ...["backup-location", "create", locationName, "--default"],
    ...["--provider", "aws", "--bucket", options.bucket, "--config", config],
    // Its loop runs once a minute and at the start: this lets it sync each time.
    ...["--backup-sync-period", "1s"],
    ...(options.prefix === undefined ? [] : ["--prefix", options.prefix]),
    ...(minio.caFile === undefined ? [] : ["--cacert", minio.caFile]),
  );
}

async function restart(build: Build, location: Location, spec: ProcessSpec): Promise<void> {
  const { group } = build;
  const mark = findProcess(group.folder, "velero");
  if (mark !== undefined) await endProcess(mark, 20_000);
  await location.forgetSync();
  await group.start(spec);
  await location.until("Velero to sync", ({ lastSyncedTime }) => lastSyncedTime !== undefined);
}

async function start(build: Build, client: ReturnType<typeof connectKube>): Promise<Velero> {
  const { group, namespace, options } = build;
  const run = commandOf(build);
  const ok = strict(run);
  options.onStep?.("velero");
  const existing = options.existing === true;
  if (!existing) {
    await ok("install", "--crds-only");
    await createServerHome(client, namespace);
  }
  const port = await launchServer(build);
  if (!existing) await createLocation(build, ok);
  const location = openLocation(client, namespace, locationName);
  await location.until("the location to be available", ({ phase }) => phase === "Available");
  group.describe({ namespace, bucket: options.bucket });
  return {
    folder: group.folder,
    namespace,
    run,
    ok,
    sync: (features = options.features ?? []) =>
      restart(build, location, serverSpec(build, port, features)),
    readLog: () => readFileSync(join(group.folder, "log/velero.log"), "utf8"),
    pid: () => {
      const mark = findProcess(group.folder, "velero");
      if (mark === undefined) throw new Error("velero was never started");
      return mark.pid;
    },
    stop: async () => {
      await client.close();
      await group.stop();
    },
  };
}

/**
 * Starts a Velero 1.18.3 of its own and returns when its location is available. It reaches the
 * cluster with all rights, keeps backups in `options.bucket`, and ends with `stop()`, and at the
 * latest with this process. What fails throws with the end of the log and leaves no process.
 */
export async function startVelero(
  plane: ControlPlaneAccess,
  minio: MinioAccess,
  options: VeleroOptions,
): Promise<Velero> {
  const binary = await ensureBinary("velero", options.signal);
  const plugin = await ensureBinary("velero-plugin-for-aws", options.signal);
  const group = await createProcessGroup("velero");
  const client = connectKube(plane.kubeconfig);
  const namespace = options.namespace ?? "velero";
  try {
    return await start({ group, plane, minio, options, namespace, binary, plugin }, client);
  } catch (error) {
    const { message } = error as Error;
    const tail = message.includes("end of its log")
      ? ""
      : `\nthe end of Velero's log:\n${group.logTail("velero")}`;
    await client.close();
    await group.stop();
    throw new Error(`${message}${tail}`, { cause: error });
  }
}
