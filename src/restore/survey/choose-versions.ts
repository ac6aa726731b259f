import { apiVersion, type GroupResource, groupResource } from "../../api/resource-kind.ts";
import { inVersions } from "../../catalog/in-versions.ts";
import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { RunLog } from "../../catalog/run-log.ts";
import {
  type ChosenVersion,
  chooseVersion,
  type KindVersions,
} from "../../domain/restore/choose-version.ts";
import { hasCode } from "../../lib/errors.ts";
import type { RestorePorts, RestoreRequest } from "../restore-request.ts";
import type { BackupSurvey } from "./survey-backup.ts";
import type { TargetKinds } from "./target-kinds.ts";
import { loadVersionPriorities } from "./version-priorities.ts";

interface Choosing {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly log: RunLog;
  readonly backup: OpenedBackup;
  readonly survey: BackupSurvey;
  readonly target: TargetKinds;
  /** Kinds of which something may be restored. */
  readonly includesKind: (resource: GroupResource) => boolean;
}

/**
 * Chooses for each kind that the backup holds in several versions the one that is restored, and
 * answers the backup as it looks in these. Errors: those of reading priorities and indexes.
 */
export async function chooseVersions(
  choosing: Choosing,
  signal: AbortSignal,
): Promise<{ readonly backup: OpenedBackup; readonly versions: readonly ChosenVersion[] }> {
  const { request, backup, survey, target, log } = choosing;
  const several = [...survey.versions].filter(
    ([resource, { all }]) => all.length > 1 && choosing.includesKind(resource),
  );
  if (several.length === 0) return { backup, versions: [] };
  const { versionPriorities: source, namespace = "ark-ts" } = request;
  const ports = { ...choosing.ports, target, log };
  const priorities = await loadVersionPriorities(source, namespace, ports, signal);
  const versions = several.map(([resource, backedUp]): ChosenVersion => {
    const { version, rule } = chooseVersion(
      backedUp,
      servedVersions(target, resource),
      priorities.ofKind.get(resource),
    );
    return { resource, version, preferred: backedUp.preferred, rule };
  });
  for (const chosen of versions) tell(choosing, chosen);
  const folders = versions
    .filter(({ version, preferred }) => version !== preferred)
    .map(({ resource, version }) => [resource, version] as const);
  try {
    return { backup: await inVersions(backup, new Map(folders), signal), versions };
  } catch (thrown) {
    if (request.allowDamaged !== true || !hasCode(thrown, "ARK_BACKUP_DAMAGED")) throw thrown;
    const { code, message } = thrown;
    const left = `${message}; each kind is restored in the version that the backup prefers`;
    log.find({ severity: "warning", code, message: left });
    return { backup, versions: [] };
  }
}

/** Undefined for a kind that is not served. */
function servedVersions(target: TargetKinds, resource: GroupResource): KindVersions | undefined {
  const kinds = target.served.filter((kind) => groupResource(kind) === resource);
  const preferred = kinds.find((kind) => kind.preferred) ?? kinds[0];
  if (preferred === undefined) return undefined;
  return { preferred: preferred.version, all: kinds.map(({ version }) => version) };
}

function tell({ log, survey, target }: Choosing, chosen: ChosenVersion): void {
  const { resource, version, preferred, rule } = chosen;
  log.write("info", "version chosen", { resource, version, preferred, rule });
  if (rule !== "none-common") return;
  const held = survey.versions.get(resource)?.all ?? [];
  const served = target.served.filter((kind) => groupResource(kind) === resource).map(apiVersion);
  log.find({
    severity: "warning",
    code: "ARK_VERSION_NOT_COMMON",
    resource,
    message: `the backup holds ${resource} in ${held.join(", ")}, and this cluster serves ${served.join(", ")}: none in common`,
    advice:
      "serve one of them here (a definition or operator of that version), or back up again with --all-api-versions from a cluster that serves one of these",
  });
}
