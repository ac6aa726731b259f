import type { BackupSpec } from "../../api/backup.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { annotations, labels } from "../../api/labels.ts";
import type { ObjectMeta } from "../../api/object-meta.ts";
import type { OwnerReference } from "../../api/owner-reference.ts";
import type { Schedule } from "../../api/schedule.ts";
import { withoutTracking } from "../tracking-marks.ts";

/** What a Backup takes over from its Schedule. */
export interface FromSchedule {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly spec: BackupSpec;
}

/**
 * Labels of the template, else those of the Schedule; its annotations; the whole template (contract:
 * velero-features 5.5). Marks by which Argo CD and Flux know their objects are left behind: with
 * them they would remove the Backup, which is in no repository of theirs (docs/compatibility.md).
 */
export function fromSchedule({ metadata, spec }: Schedule): FromSchedule {
  const { template } = spec;
  const { resourcePolicy } = template;
  return {
    labels: {
      ...(template.metadata?.labels ?? withoutTracking(metadata.labels)),
      [labels.scheduleName]: metadata.name,
    },
    annotations: withoutTracking(metadata.annotations),
    ...(spec.useOwnerReferencesInBackup === true && {
      ownerReferences: [
        {
          apiVersion: "velero.io/v1",
          kind: "Schedule",
          name: metadata.name,
          uid: metadata.uid ?? "",
          controller: true,
        },
      ],
    }),
    spec: {
      ...template,
      ...(resourcePolicy !== undefined && {
        resourcePolicy: { kind: "configmap", name: resourcePolicy.name },
      }),
    },
  };
}

/**
 * `nightly-20260101030000`, in UTC. The server's have the time that they are for, though they may be
 * made late: whoever makes the Backup of this time again finds the name taken.
 */
export function timestampedName(schedule: string, at: Date): string {
  return `${schedule}-${at.toISOString().replaceAll(/\D/g, "").slice(0, 14)}`;
}

/** How a Backup says for which time of which Schedule it was made. */
export function runMarks(schedule: Schedule, dueAt: Date): Readonly<Record<string, string>> {
  return {
    [annotations.scheduledFor]: kubeTime(dueAt),
    [annotations.scheduleUid]: schedule.metadata.uid ?? "",
  };
}

/** For which time of this very Schedule the server made the Backup; undefined: for none. */
export function scheduledFor(
  { metadata }: { readonly metadata: ObjectMeta },
  schedule: Schedule,
): Date | undefined {
  const marks = metadata.annotations ?? {};
  if (marks[annotations.scheduleUid] !== schedule.metadata.uid) return undefined;
  const at = new Date(marks[annotations.scheduledFor] ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
