/** The programs of the testbed, built from pinned Go modules when first needed and then kept. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache-folder.ts";
import { requireGo } from "./go-toolchain.ts";
import { withLock } from "./lock-folder.ts";
import { markOf } from "./process-table.ts";
import { startProgress } from "./progress.ts";

interface ModuleGroup {
  /** Folder under `go/`, with go.mod, go.sum and tools.go. */
  readonly folder: string;
  /** A folder in it with a program of our own; absent: there is none beside tools.go. */
  readonly sources?: string;
  readonly ldflags: string;
}

// Without its version a Kubernetes binary calls itself v0.0.0, and clients misjudge it.
const kubernetes: ModuleGroup = {
  folder: "kubernetes",
  ldflags:
    "-s -w -X k8s.io/component-base/version.gitVersion=v1.34.4 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
};
const etcd: ModuleGroup = { folder: "etcd", ldflags: "-s -w" };
const helm: ModuleGroup = { folder: "helm", ldflags: "-s -w" };
const fakeGcs: ModuleGroup = { folder: "fake-gcs", ldflags: "-s -w" };
const minio: ModuleGroup = { folder: "minio", ldflags: "-s -w" };
// Its controller library opens a second metrics server on every address, port 8080, and Velero has
// no flag for it: "0" leaves it out, so that servers can stand side by side on one machine.
const velero: ModuleGroup = {
  folder: "velero",
  ldflags:
    "-s -w -X github.com/vmware-tanzu/velero/pkg/buildinfo.Version=v1.18.3 -X sigs.k8s.io/controller-runtime/pkg/metrics/server.DefaultBindAddress=0",
};
/** Upstream's controllers and sidecars, which say no version to the API server. */
const csi: ModuleGroup = { folder: "csi", ldflags: "-s -w" };
const csiDriver: ModuleGroup = { ...csi, sources: "driver" };
/** When schedules fire, by the libraries that Velero uses and has used. */
const cronTimes: ModuleGroup = { folder: "cron", ldflags: "-s -w" };
/** The calls of Velero's plugin for Azure, by the SDK that it uses. */
const azureDisks: ModuleGroup = { folder: "azure-disks", ldflags: "-s -w" };
// Velero's ldflags set a variable that the plugin does not have.
const veleroPlugin: ModuleGroup = { folder: "velero", ldflags: "-s -w" };
/** By flag only: it shares little with what else is built, and takes minutes. */
const veleroGcp: ModuleGroup = { folder: "velero-gcp", ldflags: "-s -w" };

const catalogue = {
  etcd: { group: etcd, package: "go.etcd.io/etcd/server/v3" },
  "kube-apiserver": { group: kubernetes, package: "k8s.io/kubernetes/cmd/kube-apiserver" },
  "kube-controller-manager": {
    group: kubernetes,
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
  },
  "kube-scheduler": { group: kubernetes, package: "k8s.io/kubernetes/cmd/kube-scheduler" },
  kubectl: { group: kubernetes, package: "k8s.io/kubernetes/cmd/kubectl" },
  kubelet: { group: kubernetes, package: "k8s.io/kubernetes/cmd/kubelet" },
  "kube-proxy": { group: kubernetes, package: "k8s.io/kubernetes/cmd/kube-proxy" },
  helm: { group: helm, package: "helm.sh/helm/v3/cmd/helm" },
  "fake-gcs-server": { group: fakeGcs, package: "github.com/fsouza/fake-gcs-server" },
  minio: { group: minio, package: "github.com/minio/minio" },
  velero: { group: velero, package: "github.com/vmware-tanzu/velero/cmd/velero" },
  "velero-plugin-for-aws": {
    group: veleroPlugin,
    package: "github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws",
  },
  /** What the images of Velero's plugins begin with. */
  "cp-plugin": {
    group: veleroPlugin,
    package: "github.com/vmware-tanzu/velero-plugin-for-aws/hack/cp-plugin",
  },
  "velero-plugin-for-gcp": {
    group: veleroGcp,
    package: "github.com/vmware-tanzu/velero-plugin-for-gcp/velero-plugin-for-gcp",
  },
  "snapshot-controller": {
    group: csi,
    package: "github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller",
  },
  "csi-snapshotter": {
    group: csi,
    package: "github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter",
  },
  "csi-provisioner": {
    group: csi,
    package: "github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner",
  },
  "csi-driver": { group: csiDriver, package: "./driver" },
  "cron-times": { group: cronTimes, package: "." },
  "azure-disks": { group: azureDisks, package: "." },
} as const satisfies Record<string, { group: ModuleGroup; package: string }>;

export type BinaryName = keyof typeof catalogue;

export const binaryNames = Object.keys(catalogue) as readonly BinaryName[];

const monthMs = 30 * 86_400_000;
const buildFlags = ["-mod=readonly", "-trimpath"] as const;
const buildEnv = {
  CGO_ENABLED: "0",
  GOFLAGS: "-buildvcs=false",
  GOTOOLCHAIN: "local",
  GOWORK: "off",
} as const;

export interface CacheKeyParts {
  /** Texts of go.mod, go.sum, tools.go and of what is built beside them. */
  readonly files: readonly (string | Uint8Array)[];
  readonly flags: readonly string[];
  /** As `go version` prints it: version, system and architecture. */
  readonly goVersion: string;
}

/** 16 hex digits that change when anything that goes into the binary does. */
export function cacheKey(parts: CacheKeyParts): string {
  const hash = createHash("sha256");
  for (const part of [...parts.files, ...parts.flags, parts.goVersion]) {
    // Each part with its length, so that text cannot move from one part to the next unseen.
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return hash.digest("hex").slice(0, 16);
}

function moduleFolder(group: ModuleGroup): string {
  return fileURLToPath(new URL(`./go/${group.folder}`, import.meta.url));
}

function sourcesOf(group: ModuleGroup): string[] {
  const { sources } = group;
  if (sources === undefined) return [];
  const names = readdirSync(join(moduleFolder(group), sources)).sort();
  return names.map((name) => join(sources, name));
}

function binaryPath(name: BinaryName, goVersion: string): string {
  const { group, package: path } = catalogue[name];
  const files = ["go.mod", "go.sum", "tools.go", ...sourcesOf(group)].map((file) =>
    readFileSync(join(moduleFolder(group), file)),
  );
  const env = Object.entries(buildEnv).map(([key, value]) => `${key}=${value}`);
  const key = cacheKey({ files, flags: [...buildFlags, group.ldflags, path, ...env], goVersion });
  return join(cacheFolder(), "bin", `${name}-${key}`, name);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Removes builds of `name` that nobody used for a month, and what a killed build left. */
function removeOldBuilds(name: BinaryName, keep: string): void {
  const parent = join(cacheFolder(), "bin");
  for (const entry of readdirSync(parent)) {
    const folder = join(parent, entry);
    if (entry.slice(0, -17) !== name || folder === keep) continue;
    if (statSync(folder).mtimeMs < Date.now() - monthMs) rmSync(folder, { recursive: true });
  }
  for (const entry of readdirSync(keep)) {
    if (entry.startsWith(".")) rmSync(join(keep, entry));
  }
}

/** The last lines of `text` that are not about downloads. */
function failureOf(text: string): string {
  const lines = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("go: downloading"));
  return lines.slice(-20).join("\n");
}

function runGoBuild(name: BinaryName, target: string, signal?: AbortSignal): Promise<void> {
  const { group, package: path } = catalogue[name];
  const args = ["build", ...buildFlags, "-ldflags", group.ldflags, "-o", target, path];
  const progress = startProgress(`building ${name}`);
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: moduleFolder(group),
      env: { ...process.env, ...buildEnv },
      stdio: ["ignore", "ignore", "pipe"],
      signal,
    });
    let errors = "";
    let modules = 0;
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors = (errors + chunk).slice(-100_000);
      modules += chunk.split("go: downloading").length - 1;
      if (modules > 0) progress.note(`${modules} modules downloaded`);
    });
    child.on("error", (error) => {
      progress.fail();
      reject(error);
    });
    child.on("close", (code, endSignal) => {
      if (code === 0) {
        progress.done();
        return resolve();
      }
      progress.fail();
      const end = code === null ? `signal ${endSignal}` : `exit status ${code}`;
      reject(new Error(`go build of ${name} failed (${end}):\n${failureOf(errors)}`));
    });
  });
}

/**
 * The path of a binary, building it first where this content was never built for this user. Builds
 * run one at a time over all processes; who comes second waits and takes the result. Throws what to
 * install if there is no Go 1.26.
 */
export async function ensureBinary(name: BinaryName, signal?: AbortSignal): Promise<string> {
  const goVersion = await requireGo();
  const path = binaryPath(name, goVersion);
  if (isExecutable(path)) {
    const now = new Date();
    utimesSync(join(path, ".."), now, now);
    return path;
  }
  let waiting: ReturnType<typeof startProgress> | undefined;
  const build = async (): Promise<string> => {
    waiting?.done();
    if (isExecutable(path)) return path;
    const folder = join(path, "..");
    const temporary = join(folder, `.${name}.${process.pid}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      await runGoBuild(name, temporary, signal);
      renameSync(temporary, path);
      removeOldBuilds(name, folder);
    } finally {
      rmSync(temporary, { force: true });
    }
    return path;
  };
  const onWait = (owner: { pid: number }): void => {
    if (waiting === undefined && markOf(owner.pid) !== undefined) {
      waiting = startProgress(`waiting for process ${owner.pid}, which builds for the testbed`);
    }
  };
  return withLock(join(cacheFolder(), "build.lock"), build, { signal, onWait });
}
