import {
  defaultResources,
  type LocationRequest,
  type PodResources,
  type ServerRequest,
  serverRequest,
} from "../install/manifests/server-request.ts";
import { readCommandLine } from "./argv.ts";
import type { GroupSpec } from "./command-spec.ts";
import type { FlagValues } from "./flag-values.ts";
import { usageError } from "./usage-error.ts";

/** Files that flags name, read. */
export interface InstallFiles {
  readonly credential: Uint8Array | undefined;
  readonly caCert: Uint8Array | undefined;
}

interface Surroundings {
  readonly namespace: string;
  readonly version: string;
  readonly files: InstallFiles;
  /** All commands; `server` is one of them. */
  readonly tree: GroupSpec;
}

/** Errors: ARK_USAGE. */
export function serverRequestOfFlags(
  flags: FlagValues,
  { namespace, version, files, tree }: Surroundings,
): ServerRequest {
  const image = flags.text("image");
  if (image === undefined) {
    throw usageError(
      "which image shall the server run? There is none in public registries",
      "npm run image makes it, from a checkout; push it where the nodes can pull it, and name it with --image",
    );
  }
  const asked = serverArgsOf(flags, tree);
  const downloads = !asked.includes(noDownloads);
  const serverArgs = asked.filter((arg) => arg !== noDownloads);
  checkDownloads(serverArgs, downloads);
  const serviceAccountName = flags.text("service-account-name");
  const priorityClassName = flags.text("server-priority-class-name");
  const location = locationOf(flags, files);
  return serverRequest({
    namespace,
    version,
    image,
    replicas: flags.integer("replicas") ?? 2,
    serverArgs,
    downloads,
    restores: !isDisabled(serverArgs, "restore"),
    resources: resourcesOf(flags),
    podAnnotations: flags.map("pod-annotations") ?? {},
    podLabels: flags.map("pod-labels") ?? {},
    serviceAccountAnnotations: flags.map("sa-annotations") ?? {},
    ...(serviceAccountName !== undefined && { serviceAccountName }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(location !== undefined && { location }),
  });
}

/** Flags with which an installation of Velero sets what its server does. */
const passedOn = [
  "garbage-collection-frequency",
  "concurrent-backups",
  "schedule-skip-immediately",
] as const;

/** Errors: ARK_USAGE. */
function serverArgsOf(flags: FlagValues, tree: GroupSpec): readonly string[] {
  const given = new Map<string, string>(Object.entries(flags.map("server-flags") ?? {}));
  for (const name of passedOn) {
    const typed = flags.text(name) ?? flags.integer(name) ?? flags.boolean(name);
    if (typed !== undefined) given.set(name, String(typed));
  }
  const args = [...given].map(([name, value]) => `--${name.replace(/^--/, "")}=${value}`);
  // What the server would refuse is refused here, and not by pods that do not start.
  readCommandLine(["server", ...args], tree);
  return args;
}

const noDownloads = "--download-address=none";

/** The port stands in the Service and the network policy too. */
function checkDownloads(serverArgs: readonly string[], downloads: boolean): void {
  const other = serverArgs.find((arg) => arg.startsWith("--download-address="));
  if (other !== undefined) {
    throw usageError(
      `${other.slice(2)}: an installation hands out files on port 8443`,
      "download-address=none leaves it out",
    );
  }
  const idle = serverArgs.find((arg) => /^--(?:public-url|tls-)/.test(arg));
  if (downloads || idle === undefined) return;
  throw usageError(`${idle.slice(2)} has no effect beside download-address=none`);
}

function isDisabled(serverArgs: readonly string[], controller: string): boolean {
  const flag = "--disable-controllers=";
  return serverArgs.some(
    (arg) => arg.startsWith(flag) && arg.slice(flag.length).split(",").includes(controller),
  );
}

function resourcesOf(flags: FlagValues): PodResources {
  const of = (name: string, byDefault: string): string =>
    quantity(`velero-pod-${name}`, flags.text(`velero-pod-${name}`) ?? byDefault);
  return {
    cpuRequest: of("cpu-request", defaultResources.cpuRequest),
    memoryRequest: of("mem-request", defaultResources.memoryRequest),
    cpuLimit: of("cpu-limit", defaultResources.cpuLimit),
    memoryLimit: of("mem-limit", defaultResources.memoryLimit),
  };
}

/** Contract: Kubernetes' `resource.Quantity`. */
const quantityForm = /^\d+(?:\.\d+)?(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

function quantity(flag: string, typed: string): string {
  if (quantityForm.test(typed)) return typed;
  throw usageError(`--${flag}=${typed}: this is no amount`, "such as 500m, 1, 128Mi or 2Gi");
}

const locationFlags = [
  "provider",
  "bucket",
  "prefix",
  "backup-location-config",
  "secret-file",
  "no-secret",
  "cacert",
] as const;

function locationOf(flags: FlagValues, files: InstallFiles): LocationRequest | undefined {
  const typed = locationFlags.filter((name) => flags.has(name));
  if (flags.boolean("no-default-backup-location") === true) {
    if (typed.length === 0) return undefined;
    throw usageError(`--${typed[0]} has no effect beside --no-default-backup-location`);
  }
  if (typed.length === 0) return undefined;
  const [provider, bucket] = [flags.text("provider"), flags.text("bucket")];
  if (provider === undefined || bucket === undefined) {
    throw usageError(
      `--${typed[0]}: a location needs --provider and --bucket`,
      "for example --provider aws --bucket backups --secret-file credentials; or --no-default-backup-location",
    );
  }
  const { credential, caCert } = files;
  if ((credential === undefined) === (flags.boolean("no-secret") !== true)) {
    throw usageError(
      credential === undefined
        ? "where are the credentials of the bucket?"
        : "--no-secret has no effect beside --secret-file",
      "--secret-file FILE keeps them as a Secret; --no-secret says that the pods have a role of their cloud",
    );
  }
  return {
    provider,
    bucket,
    prefix: (flags.text("prefix") ?? "").replace(/^\/+|\/+$/g, ""),
    config: flags.map("backup-location-config") ?? {},
    ...(credential !== undefined && { credential }),
    ...(caCert !== undefined && { caCert }),
  };
}
