/** A real Kubernetes control plane: etcd, API server, controllers; no node (see `node/`). */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BinaryName, ensureBinary } from "./binaries.ts";
import {
  type ControlPlaneAccess,
  type ControlPlaneProcess,
  openControlPlane,
} from "./control-plane-access.ts";
import {
  apiServerCommand,
  controllerManagerCommand,
  etcdCommand,
  schedulerCommand,
} from "./control-plane-commands.ts";
import { type ControlPlaneNetwork, loopbackNetwork } from "./control-plane-network.ts";
import { type Pki, writePki } from "./control-plane-pki.ts";
import { fetchStatus, type TlsClient } from "./fetch-status.ts";
import { isFree } from "./free-ports.ts";
import { endProcess, endProcesses } from "./instance-folder.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { launch } from "./launch.ts";
import {
  createProcessGroup,
  findProcess,
  type ProcessGroup,
  type ProcessSpec,
} from "./process-group.ts";
import { waitFor } from "./wait.ts";

export interface ControlPlaneOptions {
  /** Default: everything on 127.0.0.1. */
  readonly network?: ControlPlaneNetwork;
  /** Default false: without a node nothing can be scheduled anyway. */
  readonly scheduler?: boolean;
  /** Put after the usual flags, so that they win. */
  readonly apiServerFlags?: readonly string[];
  /** How often the API server compacts etcd, as a Go duration; default `5m0s`, `0` for never. */
  readonly compactionInterval?: string;
  /** An etcd data folder kept by `stop({ keepEtcd })`; it is copied. Default: empty. */
  readonly etcdFolder?: string;
  readonly signal?: AbortSignal | undefined;
  /** Told each step as it begins. */
  readonly onStep?: (step: string) => void;
}

export interface StopOptions {
  /** A folder that does not exist yet, to which the etcd data is copied. */
  readonly keepEtcd?: string;
}

export interface ControlPlane extends ControlPlaneAccess {
  /** Kills a process if it still runs, starts it on the same port, and waits until it is ready. */
  restart(name: ControlPlaneProcess): Promise<void>;
  /** Leaves it running when this process ends, until `npm run testbed -- down`. */
  release(): Promise<void>;
  /** Ends all processes and removes the folder. Safe to call twice. */
  stop(options?: StopOptions): Promise<void>;
}

/** The controllers make their own serving certificates. */
const unknownServer: TlsClient = { rejectUnauthorized: false };

interface Part {
  readonly spec: ProcessSpec;
  isReady(): Promise<boolean>;
}

interface Builder {
  readonly group: ProcessGroup;
  readonly options: ControlPlaneOptions;
  readonly pki: Pki;
  readonly pkiFolder: string;
  readonly parts: Map<string, Part>;
}

/** Launches one process and remembers how to start it again. */
async function addPart(
  builder: Builder,
  name: ControlPlaneProcess,
  what: {
    readonly portCount: number;
    toCommand(ports: readonly number[], binary: string): ProcessSpec["command"];
    isReady(ports: readonly number[]): Promise<boolean>;
  },
): Promise<number> {
  const { group, options } = builder;
  const binary = await ensureBinary(name satisfies BinaryName, options.signal);
  options.onStep?.(name);
  const ports = await launch(group, {
    name,
    portCount: what.portCount,
    signal: options.signal,
    toSpec: (numbers) => ({ name, command: what.toCommand(numbers, binary) }),
    isReady: what.isReady,
  });
  const spec = { name, command: what.toCommand(ports, binary) };
  builder.parts.set(name, { spec, isReady: () => what.isReady(ports) });
  return ports[0] as number;
}

async function addEtcd(builder: Builder): Promise<string> {
  const dataFolder = join(builder.group.folder, "etcd");
  const { etcdFolder } = builder.options;
  if (etcdFolder !== undefined) cpSync(etcdFolder, dataFolder, { recursive: true });
  const port = await addPart(builder, "etcd", {
    portCount: 2,
    toCommand: ([client = 0, peerPort = 0], binary) =>
      etcdCommand({ binary, dataFolder, port: client, peerPort }),
    isReady: async ([client]) => (await fetchStatus(`http://127.0.0.1:${client}/health`)) === 200,
  });
  return `http://127.0.0.1:${port}`;
}

async function addApiServer(builder: Builder, etcdUrl: string): Promise<string> {
  const { options, pkiFolder } = builder;
  const network = options.network ?? loopbackNetwork;
  const tls = toTls(builder.pki);
  const port = await addPart(builder, "kube-apiserver", {
    portCount: 1,
    toCommand: ([securePort = 0], binary) =>
      apiServerCommand({
        binary,
        pki: pkiFolder,
        network,
        port: securePort,
        etcdUrl,
        compactionInterval: options.compactionInterval ?? "5m0s",
        extra: options.apiServerFlags ?? [],
      }),
    isReady: async ([securePort]) =>
      (await fetchStatus(`https://${network.address}:${securePort}/readyz`, tls)) === 200,
  });
  return `https://${network.address}:${port}`;
}

function toTls({ authority, admin }: Pki): TlsClient {
  return { ca: authority.cert, cert: admin.cert, key: admin.key };
}

/** Controllers are ready when they have made what every namespace gets. */
async function addControllerManager(builder: Builder, server: string): Promise<void> {
  const { group, pki, pkiFolder } = builder;
  const tls = toTls(pki);
  const kubeconfig = writeKubeconfig(join(group.folder, "controller-manager.kubeconfig"), {
    server,
    ca: pki.authority.cert,
    user: "system:kube-controller-manager",
    identity: { kind: "certificate", pair: pki.controllerManager },
  });
  const made = ["serviceaccounts/default", "configmaps/kube-root-ca.crt"].map(
    (path) => `${server}/api/v1/namespaces/default/${path}`,
  );
  await addPart(builder, "kube-controller-manager", {
    portCount: 1,
    toCommand: ([port = 0], binary) =>
      controllerManagerCommand({ binary, kubeconfig, port, pki: pkiFolder }),
    isReady: async ([port]) => {
      const health = `https://127.0.0.1:${port}/healthz`;
      if ((await fetchStatus(health, unknownServer)) === 0) return false;
      const answers = await Promise.all(made.map((url) => fetchStatus(url, tls)));
      return answers.every((status) => status === 200);
    },
  });
}

async function addScheduler(builder: Builder, server: string): Promise<void> {
  const { group, pki } = builder;
  const kubeconfig = writeKubeconfig(join(group.folder, "scheduler.kubeconfig"), {
    server,
    ca: pki.authority.cert,
    user: "system:kube-scheduler",
    identity: { kind: "certificate", pair: pki.scheduler },
  });
  await addPart(builder, "kube-scheduler", {
    portCount: 1,
    toCommand: ([port = 0], binary) => schedulerCommand({ binary, kubeconfig, port }),
    isReady: async ([port]) =>
      (await fetchStatus(`https://127.0.0.1:${port}/readyz`, unknownServer)) === 200,
  });
}

async function build(group: ProcessGroup, options: ControlPlaneOptions): Promise<Builder> {
  const pkiFolder = join(group.folder, "pki");
  mkdirSync(pkiFolder, { mode: 0o700 });
  const pki = writePki(pkiFolder, options.network ?? loopbackNetwork);
  const builder: Builder = { group, options, pki, pkiFolder, parts: new Map() };
  const etcdUrl = await addEtcd(builder);
  const server = await addApiServer(builder, etcdUrl);
  writeKubeconfig(join(group.folder, "admin.kubeconfig"), {
    server,
    ca: pki.authority.cert,
    user: "admin",
    identity: { kind: "certificate", pair: pki.admin },
  });
  await addControllerManager(builder, server);
  if (options.scheduler === true) await addScheduler(builder, server);
  group.describe({ server, etcdUrl });
  return builder;
}

/** The kernel frees the sockets of a process a little after it counts as dead. */
async function untilFree(address: string | undefined): Promise<void> {
  if (address === undefined) return;
  const free = () => isFree(Number(new URL(address).port));
  await waitFor(`${address} to be free`, free, { timeoutMs: 240_000, everyMs: 20 });
}

/**
 * Starts a control plane of its own, any number side by side, and returns when it is ready: the API
 * server answers and the controllers work. It ends with `stop()`, and at the latest with this
 * process. What fails throws with the end of the log of the process that failed, and leaves
 * nothing.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const group = await createProcessGroup("control-plane");
  try {
    const { parts } = await build(group, options);
    const access = openControlPlane(group.folder);
    const addresses = new Map([
      ["kube-apiserver", access.server],
      ["etcd", access.etcdUrl],
    ]);
    return {
      ...access,
      restart: async (name) => {
        const part = parts.get(name);
        if (part === undefined) throw new Error(`${name} was never started here`);
        const former = findProcess(group.folder, name);
        if (former !== undefined) await endProcess(former, 0);
        await untilFree(addresses.get(name));
        await group.start(part.spec);
        await group.ready(name, part.isReady);
      },
      release: () => group.release(),
      stop: async ({ keepEtcd } = {}) => {
        if (keepEtcd !== undefined) {
          await endProcesses(group.folder, 10_000);
          cpSync(join(group.folder, "etcd"), keepEtcd, {
            recursive: true,
            errorOnExist: true,
            force: false,
          });
        }
        await group.stop();
      },
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}
