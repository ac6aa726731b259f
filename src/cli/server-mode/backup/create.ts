import { type BackupSpec, backupKind } from "../../../api/backup.ts";
import { annotations } from "../../../api/labels.ts";
import { checkedName } from "../../../format/keys.ts";
import { backupSpecOfFlags } from "../../backup-spec-of-flags.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { hooksOfFlags } from "../../hooks-of-flags.ts";
import { isPlace } from "../../locations.ts";
import { metadataOfFlags } from "../../metadata-of-flags.ts";
import { policyConfigMapOfFlags } from "../../policies-of-flags.ts";
import { printResource } from "../../render/resource-output.ts";
import { unmadeResource } from "../../render/unmade-resource.ts";
import type { Session } from "../../session.ts";
import { usageError } from "../../usage-error.ts";
import { askForRun, concludeRun } from "../conclude-run.ts";
import { resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";
import { backupOfSchedule, type NewBackup } from "./backup-of-schedule.ts";

/** Writes a Backup for the server to run, and waits for its end where that is asked for. */
export async function createBackup(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { invocation, signal } = session;
  const { flags, environment } = invocation;
  const object = flags.has("from-schedule")
    ? await backupOfSchedule(session, server)
    : await backupOfFlags(invocation, server.namespace);
  if (flags.text("dry-run") === "client") {
    const unmade = unmadeResource("Backup", { namespace: server.namespace, ...object });
    await printResource(environment, flags.text("output") ?? "yaml", unmade);
    return exitStatus.done;
  }
  const backups = resourcesOf(backupKind, server, signal);
  const created = await askForRun(session, "backup", object.name, () => backups.create(object));
  return await concludeRun(session, backups, "backup", created);
}

/** What the flags of `backup create` ask a server for. Errors: ARK_USAGE. */
export async function backupOfFlags(
  { args, flags, environment }: Invocation,
  namespace: string,
): Promise<NewBackup> {
  const name = checkedName("backup", args[0] ?? "");
  const location = flags.text("storage-location");
  if (location !== undefined && isPlace(location)) {
    throw usageError(
      `--storage-location ${location} has no effect in server mode: a server knows its locations by name`,
      "ark-ts backup-location get lists them, and ark-ts backup-location create makes one; to back up to this place from here: --mode standalone",
    );
  }
  const policies = policyConfigMapOfFlags(flags);
  if (policies?.namespace !== undefined && policies.namespace !== namespace) {
    throw usageError(
      `--resource-policies-configmap ${policies.namespace}/${policies.name}: a server reads ConfigMaps of its own namespace ${namespace} only`,
    );
  }
  const { labels, annotations: typed } = metadataOfFlags(flags);
  const hooks = await hooksOfFlags(flags, environment.cwd);
  const spec = { ...serverSpec(flags), ...(hooks === undefined ? {} : { hooks }) };
  const own = Object.fromEntries([
    ...(flags.boolean("all-api-versions") === true ? [[annotations.allApiVersions, "true"]] : []),
    ...(flags.boolean("require-coverage") === true ? [[annotations.requireCoverage, "true"]] : []),
  ]) as Readonly<Record<string, string>>;
  return { name, labels, annotations: { ...typed, ...own }, spec };
}

/** What was not typed is the server's to decide: its default location, its default ttl. */
function serverSpec(flags: Invocation["flags"]): BackupSpec {
  const location = flags.text("storage-location");
  const { storageLocation, ttl, ...spec } = backupSpecOfFlags(flags, location ?? "");
  return {
    ...spec,
    ...(location === undefined || storageLocation === undefined ? {} : { storageLocation }),
    ...(flags.has("ttl") && ttl !== undefined ? { ttl } : {}),
  };
}
