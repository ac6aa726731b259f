import { type Backup, type BackupPhase, backupKind } from "../../api/backup.ts";
import { backupPhases } from "../../api/backup-phases.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { isTerminal } from "../../api/phase-table.ts";
import type { RunDoing } from "../../api/run-doing.ts";
import { mayBecome, phaseBefore } from "../../domain/backups/next-phase.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import {
  type StatusChange,
  type WriteStatusOptions,
  writeStatus,
} from "../../runtime/write-status.ts";
import type { ControllerContext, LiveBackup } from "../controller-context.ts";
import { noDoing, notesOfDoing } from "../run-doing.ts";

export const kind = resourceKindOf(backupKind);

type Writing = Pick<ControllerContext, "cluster" | "clock" | "term" | "namespace">;

/** Fields that a status has from now on; undefined takes one away. */
export type StatusFields = { readonly [Field in keyof Backup["status"]]?: unknown };

interface Also {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly spec?: JsonObject;
}

interface Writable extends Also, Pick<WriteStatusOptions, "notes"> {
  readonly signal: AbortSignal;
}

/**
 * Brings the Backup to the phase, by the steps that the phase table has, and writes the fields with
 * it; retried until it is written. A Backup that is over, or that cannot come to the phase any more,
 * stays as it is.
 */
export async function writePhase(
  backup: LiveBackup,
  phase: BackupPhase,
  fields: StatusFields,
  context: Writing,
  { signal, ...also }: Also & { readonly signal: AbortSignal },
): Promise<"written" | "unchanged" | "gone"> {
  const before = phaseBefore(phase);
  if (before !== undefined) {
    const step: StatusChange = (status) =>
      canFollow(status, before) && !canFollow(status, phase) ? merged(status, before) : undefined;
    await write(backup, step, context, { signal });
  }
  const change: StatusChange = (status) =>
    canFollow(status, phase) ? merged(status, phase, fields) : undefined;
  const isEnd = isTerminal(backupPhases, phase);
  const noted = isEnd ? { annotations: { ...also.annotations, ...noDoing } } : {};
  return await write(backup, change, context, { ...also, ...noted, signal });
}

/** How far a run has come, and what it does now. Whatever phase it is in by now, unless it is over. */
export async function writeProgress(
  backup: LiveBackup,
  progress: JsonObject,
  doing: RunDoing,
  context: Writing,
  signal: AbortSignal,
): Promise<void> {
  const change: StatusChange = (status) =>
    isTerminal(backupPhases, status["phase"] as string) ? undefined : { ...status, progress };
  await write(backup, change, context, { signal, notes: notesOfDoing(doing) });
}

async function write(
  { metadata }: LiveBackup,
  change: StatusChange,
  context: Writing,
  { signal, labels, annotations, spec, notes }: Writable,
): Promise<"written" | "unchanged" | "gone"> {
  const target = {
    kind,
    namespace: context.namespace,
    name: metadata.name,
    uid: metadata.uid ?? "",
  };
  const noted = {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const also = {
    ...(Object.keys(noted).length === 0 ? {} : { metadata: noted }),
    ...(spec === undefined || Object.keys(spec).length === 0 ? {} : { spec }),
  };
  const fence = context.term.fence;
  const options = { signal, fence, also, ...(notes === undefined ? {} : { notes }) };
  return await writeStatus(context, target, change, options);
}

function canFollow(status: JsonObject, phase: BackupPhase): boolean {
  return mayBecome(status["phase"] as string | undefined, phase);
}

function merged(status: JsonObject, phase: BackupPhase, fields: StatusFields = {}): JsonObject {
  const all = { ...status, phase, ...fields };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as JsonObject;
}
