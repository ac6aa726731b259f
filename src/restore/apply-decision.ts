import type { RawObject } from "../api/raw-object.ts";
import type { RestoreDecision } from "../domain/restore/decide.ts";
import { mergedStatus } from "../domain/restore/restored-status.ts";
import { endsTheRun } from "../domain/restore/retry.ts";
import type { TransformedItem } from "../domain/restore/transform.ts";
import type { IndexLine } from "../format/index-line.ts";
import type { IntendedWrite } from "../format/restore-journal.ts";
import { hasCode, toArkError } from "../lib/errors.ts";
import { type JsonObject, stringifyJson } from "../lib/json-text.ts";
import { ApiError, type ObjectRef } from "../ports/cluster.ts";
import { describeTarget, type RestoreRun } from "./restore-run.ts";
import type { TargetName } from "./tally.ts";

type DesiredItem = Extract<TransformedItem, { kind: "object" }>;

/** One object on its way into the target. */
export interface ItemInWork {
  readonly line: IndexLine;
  readonly resource: string;
  readonly target: TargetName;
  readonly ref: ObjectRef;
  readonly item: DesiredItem;
  /** What a process of this run was about to do with it when it died. */
  readonly inDoubt: IntendedWrite | undefined;
}

const ownManager = "ark-ts";

export function encodeObject(object: JsonObject): Buffer {
  return Buffer.from(stringifyJson(object), "utf8");
}

/** Answers undefined when an object of that name was there after all. */
export async function createObject(
  work: ItemInWork,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const { item, ref } = work;
  const status = mergedStatus(item.status, ref.kind.subresources);
  let created: RawObject;
  try {
    created = await run.ports.cluster.create(
      ref,
      encodeObject({ ...item.desired, ...status.inline }),
      {
        fieldManager: item.ownership.fieldManager,
        signal,
      },
    );
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.api.reason === "AlreadyExists") return undefined;
    throw thrown;
  }
  await completeObject(work, run, signal);
  return created;
}

/** What a create cannot say: it comes after it, and may be said again. */
export async function completeObject(
  work: ItemInWork,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<void> {
  const { item, ref } = work;
  const status = mergedStatus(item.status, ref.kind.subresources);
  if (status.afterwards !== undefined) {
    await tryAfterwards(work, run, signal, {
      what: "status",
      severity: "warning",
      patch: { status: status.afterwards },
      subresource: "status",
    });
  }
  if (item.ownership.managedFields !== undefined) {
    await tryAfterwards(work, run, signal, {
      what: "field ownership",
      severity: "error",
      patch: { metadata: { managedFields: item.ownership.managedFields } },
    });
  }
}

interface SecondWrite {
  readonly what: string;
  readonly severity: "warning" | "error";
  readonly patch: JsonObject;
  readonly subresource?: string;
}

/**
 * The object is there whatever comes of this; an object that vanished is nobody's fault. Rethrows
 * what ends the run.
 */
async function tryAfterwards(
  work: ItemInWork,
  run: RestoreRun,
  signal: AbortSignal,
  write: SecondWrite,
): Promise<void> {
  try {
    await run.ports.cluster.patch(work.ref, "merge", encodeObject(write.patch), {
      fieldManager: ownManager,
      signal,
      ...(write.subresource === undefined ? {} : { subresource: write.subresource }),
    });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    run.log.find({
      severity: hasCode(error, "ARK_API_NOT_FOUND") ? "warning" : write.severity,
      code: error.code,
      message: `the ${write.what} of ${describeTarget(work.target)} could not be put back: ${error.message}`,
      resource: work.resource,
      namespace: work.target.namespace,
      name: work.target.name,
    });
  }
}

/** Errors: those of the API server. */
export async function patchObject(
  work: ItemInWork,
  decision: Extract<RestoreDecision, { action: "patch" }>,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<void> {
  await run.ports.cluster.patch(work.ref, "merge", encodeObject(decision.patch), {
    fieldManager: ownManager,
    signal,
  });
}
