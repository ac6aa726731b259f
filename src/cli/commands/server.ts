import { tmpdir } from "node:os";
import { defaultSettings, type ServerSettings } from "../../controllers/server-settings.ts";
import { labelViolations } from "../../domain/metadata-checks.ts";
import { closestMatch } from "../../lib/closest-match.ts";
import type { VelerosLevel } from "../../server/server-log.ts";
import type { Invocation } from "../command-spec.ts";
import { engineVersion } from "../engine-version.ts";
import type { CliEnvironment } from "../environment.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import type { FlagValues } from "../flag-values.ts";
import { parseGoDuration } from "../go-duration.ts";
import { livenessCheck, runOwner } from "../run-owner.ts";
import { usageError } from "../usage-error.ts";

/** Runs until the process is told to end; that is success. */
export async function run({ flags, environment }: Invocation): Promise<ExitStatus> {
  const settings = settingsOf(flags);
  const disabledControllers = await disabledOf(flags);
  const { parseAddress } = await import("../../server/http-endpoint.ts");
  const metricsAddress = flags.text("metrics-address") ?? ":8085";
  parseAddress(metricsAddress, "--metrics-address");
  const { downloadEndpointOfFlags } = await import("../download-endpoint-of-flags.ts");
  const downloads = downloadEndpointOfFlags(flags, environment.cwd);
  const { createSystemClock } = await import("../../adapters/clock/system-clock.ts");
  const { createServerLog } = await import("../../server/server-log.ts");
  const clock = createSystemClock();
  const { env, home, stdout, signal, pid } = environment;
  const log = createServerLog((line) => stdout.write(line), clock, {
    level: (flags.text("log-level") ?? "info") as VelerosLevel,
    format: flags.text("log-format") === "json" ? "json" : "text",
  });
  const { openServerAccess } = await import(
    "../../adapters/kube/credentials/open-server-access.ts"
  );
  const { connectCluster } = await import("../../adapters/kube/connect-cluster.ts");
  const connect = async () => {
    const access = await openServerAccess({
      kubeconfig: flags.text("kubeconfig"),
      context: flags.text("context"),
      env,
      homeDirectory: home,
      clock,
      onNote: (note) => log.write("warn", "about the cluster's access", { note }),
    });
    return connectCluster(access, clock);
  };
  const { runServer } = await import("../../server/run-server.ts");
  const [cluster, runCluster, leaseCluster] = [await connect(), await connect(), await connect()];
  try {
    const options = {
      cluster,
      runCluster,
      leaseCluster,
      namespace: flags.text("namespace") ?? (await podNamespace(environment)) ?? "ark-ts",
      settings,
      disabledControllers,
      metricsAddress,
      ...(downloads !== undefined && { downloads }),
      owner: await runOwner(pid),
      liveness: await livenessCheck(),
      engineVersion: await engineVersion(),
      pluginFolder: flags.text("plugin-dir") ?? "/plugins",
      plugin: { env, homeDirectory: home, clock, log },
      temporaryFolder: env["TMPDIR"] ?? tmpdir(),
      clock,
      log,
    };
    await runServer(options, signal);
  } finally {
    await Promise.all([cluster.close(), runCluster.close(), leaseCluster.close()]);
  }
  return exitStatus.done;
}

async function podNamespace({ env }: CliEnvironment): Promise<string | undefined> {
  const { readPodIdentity, serviceAccountFolder } = await import(
    "../../adapters/kube/credentials/in-cluster.ts"
  );
  return (await readPodIdentity(env, serviceAccountFolder))?.namespace;
}

function settingsOf(flags: FlagValues): ServerSettings {
  const duration = (flag: string, otherwise: number): number => {
    const text = flags.text(flag);
    if (text === undefined) return otherwise;
    const ms = parseGoDuration(text, `--${flag}`);
    if (ms < 0) throw usageError(`--${flag}=${text}: less than nothing`);
    return ms;
  };
  const some = (flag: string, otherwise: number): number => duration(flag, otherwise) || otherwise;
  const defaults = defaultSettings;
  const concurrentBackups = flags.integer("concurrent-backups") ?? defaults.concurrentBackups;
  if (concurrentBackups < 1) {
    throw usageError(`--concurrent-backups=${concurrentBackups}: none would ever run`);
  }
  return {
    defaultBackupTtlMs: some("default-backup-ttl", defaults.defaultBackupTtlMs),
    defaultBackupLocation:
      flags.text("default-backup-storage-location") ?? defaults.defaultBackupLocation,
    backupSyncPeriodMs: duration("backup-sync-period", defaults.backupSyncPeriodMs),
    garbageCollectionFrequencyMs: some(
      "garbage-collection-frequency",
      defaults.garbageCollectionFrequencyMs,
    ),
    storeValidationFrequencyMs: duration(
      "store-validation-frequency",
      defaults.storeValidationFrequencyMs,
    ),
    defaultItemOperationTimeoutMs: some(
      "default-item-operation-timeout",
      defaults.defaultItemOperationTimeoutMs,
    ),
    ...groupLabelOf(flags),
    ...snapshotLocationsOf(flags),
    concurrentBackups,
    scheduleSkipImmediately:
      flags.boolean("schedule-skip-immediately") ?? defaults.scheduleSkipImmediately,
    // As of Velero's process: TZ of the environment, which an image has not.
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function groupLabelOf(flags: FlagValues): Pick<ServerSettings, "volumeGroupLabel"> {
  const flag = "volume-group-snapshot-label-key";
  const label = flags.text(flag);
  if (label === undefined) return {};
  const [problem] = labelViolations({ [label]: "" });
  if (problem !== undefined) throw usageError(`--${flag}: ${problem}`);
  return { volumeGroupLabel: label };
}

function snapshotLocationsOf(flags: FlagValues): Pick<ServerSettings, "defaultSnapshotLocations"> {
  const flag = "default-volume-snapshot-locations";
  const locations: Record<string, string> = {};
  for (const pair of flags.list(flag) ?? []) {
    const colon = pair.lastIndexOf(":");
    const [provider, name] = [pair.slice(0, Math.max(0, colon)), pair.slice(colon + 1)];
    if (provider === "" || name === "") {
      throw usageError(`--${flag}=${pair}: it takes PROVIDER:NAME, such as velero.io/aws:east`);
    }
    const other = locations[provider];
    if (other !== undefined && other !== name) {
      throw usageError(`--${flag} names two locations of ${provider}: ${other} and ${name}`);
    }
    locations[provider] = name;
  }
  return Object.keys(locations).length === 0 ? {} : { defaultSnapshotLocations: locations };
}

async function disabledOf(flags: FlagValues): Promise<readonly string[]> {
  const asked = flags.list("disable-controllers") ?? [];
  if (asked.length === 0) return asked;
  const { disableableControllers } = await import("../../server/controllers-of.ts");
  const strange = asked.find((name) => !disableableControllers.includes(name));
  if (strange === undefined) return asked;
  const near = closestMatch(strange, disableableControllers);
  throw usageError(
    `--disable-controllers ${strange}: there is no such controller`,
    `${near === undefined ? "" : `did you mean ${near}? `}known: ${disableableControllers.join(", ")}`,
  );
}
