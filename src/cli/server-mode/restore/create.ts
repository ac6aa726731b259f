import { backupKind } from "../../../api/backup.ts";
import { labels } from "../../../api/labels.ts";
import { type RestoreSpec, restoreKind } from "../../../api/restore.ts";
import { labelValue } from "../../../domain/label-value.ts";
import { checkedName } from "../../../format/keys.ts";
import { ArkError } from "../../../lib/errors.ts";
import { changeAnnotationsOfFlags, modifierConfigMapOfFlags } from "../../changes-of-flags.ts";
import { defaultRestoreName } from "../../default-restore-name.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import type { FlagValues } from "../../flag-values.ts";
import { restoreHooksOfFlags } from "../../hooks-of-flags.ts";
import { metadataOfFlags } from "../../metadata-of-flags.ts";
import { policyConfigMapOfFlags } from "../../policies-of-flags.ts";
import { localStamp } from "../../render/local-time.ts";
import { printResource } from "../../render/resource-output.ts";
import { unmadeResource } from "../../render/unmade-resource.ts";
import { optionsOfFlags, restoreSpecOfFlags } from "../../restore-spec-of-flags.ts";
import type { Session } from "../../session.ts";
import { usageError } from "../../usage-error.ts";
import { askForRun, concludeRun } from "../conclude-run.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";
import { runAnnotationsOfFlags } from "./run-annotations.ts";

/** Writes a Restore for the server to run, and waits for its end where that is asked for. */
export async function createRestore(session: Session, server: ServerAccess): Promise<ExitStatus> {
  const { invocation, signal, clock } = session;
  const { args, flags, environment } = invocation;
  refuseOtherNamespaces(flags, server.namespace);
  const hooks = await restoreHooksOfFlags(flags, environment.cwd);
  const asked = { ...restoreSpecOfFlags(flags), ...(hooks === undefined ? {} : { hooks }) };
  const spec = await sourceOf(session, server, asked);
  const source = asked.backupName ?? asked.scheduleName ?? "";
  const { labels: typedLabels, annotations } = metadataOfFlags(flags);
  const object = {
    name: checkedName("restore", args[0] ?? defaultRestoreName(source, localStamp(clock.now()))),
    labels: typedLabels,
    annotations: {
      ...annotations,
      ...changeAnnotationsOfFlags(flags),
      ...optionsOfFlags(flags),
      ...runAnnotationsOfFlags(flags),
    },
    spec,
  };
  if (flags.text("dry-run") === "client") {
    const unmade = unmadeResource("Restore", { namespace: server.namespace, ...object });
    await printResource(environment, flags.text("output") ?? "yaml", unmade);
    return exitStatus.done;
  }
  if (spec.backupName !== undefined) {
    await resourcesOf(backupKind, server, signal).get(spec.backupName);
  }
  const restores = resourcesOf(restoreKind, server, signal);
  const created = await askForRun(session, "restore", object.name, () => restores.create(object));
  return await concludeRun(session, restores, "restore", created);
}

/**
 * A server takes the last completed backup of a schedule; with `--allow-partially-failed` the last
 * one that is either, which the command looks up, as Velero's does.
 */
async function sourceOf(
  { invocation, signal }: Session,
  server: ServerAccess,
  spec: RestoreSpec,
): Promise<RestoreSpec> {
  const allowed = invocation.flags.boolean("allow-partially-failed");
  const { scheduleName, ...rest } = spec;
  if (scheduleName === undefined) {
    if (allowed === undefined) return spec;
    throw usageError(
      "--allow-partially-failed has no effect without --from-schedule: a named backup is restored either way",
    );
  }
  if (allowed !== true) return spec;
  const selector = `${labels.scheduleName}=${labelValue(scheduleName)}`;
  const backups = await resourcesOf(backupKind, server, signal).list(selector);
  const usable = backups.filter(({ status }) =>
    ["Completed", "PartiallyFailed"].includes(status?.phase ?? ""),
  );
  const startOf = (backup: (typeof usable)[number]) => backup.status?.startTimestamp ?? "";
  const [newest] = [...usable].sort((a, b) => (startOf(a) < startOf(b) ? 1 : -1));
  if (newest !== undefined) return { ...rest, backupName: newest.metadata.name };
  throw new ArkError(
    "ARK_BACKUP_NOT_FOUND",
    `schedule "${scheduleName}" has no completed or partially failed backup in ${placeOf(server)}`,
    { advice: `see what it has: ark-ts backup get -l ${selector}` },
  );
}

/** Errors: ARK_USAGE for a ConfigMap that the server would not read. */
export function refuseOtherNamespaces(flags: FlagValues, namespace: string): void {
  const named = [
    { flag: "resource-policies-configmap", configMap: policyConfigMapOfFlags(flags) },
    { flag: "resource-modifier-configmap", configMap: modifierConfigMapOfFlags(flags) },
  ];
  for (const { flag, configMap } of named) {
    if (configMap?.namespace === undefined || configMap.namespace === namespace) continue;
    throw usageError(
      `--${flag} ${configMap.namespace}/${configMap.name}: a server reads ConfigMaps of its own namespace ${namespace} only`,
    );
  }
}
