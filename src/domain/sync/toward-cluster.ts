import type { Backup, BackupStatus } from "../../api/backup.ts";
import { backupPhases } from "../../api/backup-phases.ts";
import { annotations, labels } from "../../api/labels.ts";
import type { OwnerReference } from "../../api/owner-reference.ts";
import { backupStage } from "../backups/backup-stage.ts";
import { labelValue } from "../label-value.ts";

export interface IncomingContext {
  readonly namespace: string;
  /** Name of the location in this cluster; in another one it may be called otherwise. */
  readonly location: string;
  readonly now: Date;
  /** uid of a Schedule of the namespace; undefined where there is none of that name. */
  readonly scheduleUid: (name: string) => string | undefined;
}

/** What becomes of a backup that only the bucket knows. */
export type Incoming =
  | { readonly action: "create"; readonly backup: Backup }
  /** Its own cluster has not finished it; `until` when it has expired, and is taken in all the same. */
  | { readonly action: "wait"; readonly until?: Date }
  | { readonly action: "refuse"; readonly problem: string };

/**
 * The Backup that a seal becomes in this cluster (contract: Velero 1.18.3, velero-features 5.3). A
 * record of what ran elsewhere: without hooks, which only a run reads; without finalizers and
 * without owners that are not here, whose absence would have it deleted at once.
 */
export function toIncoming(sealed: Backup, context: IncomingContext): Incoming {
  const { now, namespace, location } = context;
  const phase = incomingPhase(sealed.status, now);
  if (typeof phase !== "string") return phase;
  const { hooks: _, ...spec } = sealed.spec;
  const { name, annotations: notes, labels: sealedLabels = {} } = sealed.metadata;
  const { [labels.gcFailure]: __, ...kept } = sealedLabels;
  const owners = ownersHere(sealed, context);
  const backup: Backup = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: {
      name,
      namespace,
      labels: { ...kept, [labels.storageLocation]: labelValue(location) },
      annotations: { ...notes, [annotations.takenIn]: "true" },
      ...(owners.length > 0 && { ownerReferences: owners }),
    },
    spec: { ...spec, storageLocation: location },
    status: { ...sealed.status, phase },
  };
  return { action: "create", backup };
}

type IncomingPhase = NonNullable<BackupStatus["phase"]>;

function incomingPhase(
  { phase, expiration }: BackupStatus,
  now: Date,
): IncomingPhase | Exclude<Incoming, { readonly action: "create" }> {
  if (phase === "Completed" || phase === "PartiallyFailed" || phase === "Failed") return phase;
  if (backupStage(phase) === "ending") {
    const expiresAt = Date.parse(expiration ?? "");
    if (Number.isNaN(expiresAt)) return { action: "wait" };
    // For garbage collection: nobody finishes it any more.
    return expiresAt <= now.getTime()
      ? "PartiallyFailed"
      : { action: "wait", until: new Date(expiresAt) };
  }
  if (phase !== undefined && backupPhases.phases.includes(phase)) return { action: "wait" };
  const said = JSON.stringify(phase ?? "").slice(0, 80);
  return { action: "refuse", problem: `its phase is ${said}, which no finished backup has` };
}

/** Only Schedules own Backups; one of the same name that was made anew is another. */
function ownersHere(
  { metadata }: Backup,
  { scheduleUid }: IncomingContext,
): readonly OwnerReference[] {
  const listed: unknown = metadata.ownerReferences;
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((one: Partial<OwnerReference> | null) => {
    const { apiVersion, kind, name, uid } = one ?? {};
    if (apiVersion !== "velero.io/v1" || kind !== "Schedule") return [];
    if (typeof name !== "string" || typeof uid !== "string" || uid === "") return [];
    return scheduleUid(name) === uid ? [{ apiVersion, kind, name, uid }] : [];
  });
}
