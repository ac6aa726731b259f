import type { RawObject } from "../../api/raw-object.ts";
import type { RestoreDecision } from "../../domain/restore/decide.ts";
import { mergedStatus } from "../../domain/restore/restored-status.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { type JsonObject, stringifyJson } from "../../lib/json-text.ts";
import { ApiError } from "../../ports/cluster.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import type { ItemInWork } from "./assess-item.ts";
import { sendWrite } from "./send-write.ts";

export const ownManager = "ark-ts";

export function encodeObject(object: JsonObject): Buffer {
  return Buffer.from(stringifyJson(object), "utf8");
}

/** What is sent to create an object. */
export function createBody({ item, ref }: ItemInWork): Buffer {
  return encodeObject({
    ...item.desired,
    ...mergedStatus(item.status, ref.kind.subresources).inline,
  });
}

/** Answers undefined when an object of that name was there after all. */
export async function createObject(
  work: ItemInWork,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const { item, ref } = work;
  let created: RawObject;
  try {
    const { fieldManager } = item.ownership;
    const what = { action: "created", resource: work.resource, target: work.target } as const;
    created = await sendWrite(run, what, signal, (sending) =>
      run.ports.cluster.create(ref, createBody(work), { fieldManager, ...sending }),
    );
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.api.reason === "AlreadyExists") return undefined;
    throw thrown;
  }
  await completeObject(work, run, run.late);
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
 * The object is there whatever comes of this, also in a run that is cancelled; an object that
 * vanished is nobody's fault. Rethrows what ends the run.
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
    const error = toArkError(thrown);
    if (endsTheRun(error.code)) throw error;
    run.log.find({
      severity: hasCode(error, "ARK_API_NOT_FOUND") ? "warning" : write.severity,
      code: error.code,
      message: `the ${write.what} of ${describeTarget(work.target)} could not be put back: ${error.message}`,
      resource: work.resource,
      namespace: work.target.namespace,
      name: work.target.name,
      advice: `the object itself stands; see it with: kubectl get ${work.resource} ${work.target.name}${work.target.namespace === "" ? "" : ` -n ${work.target.namespace}`} -o yaml --show-managed-fields`,
    });
  }
}

/** What is sent to patch an object. */
export function patchBody({ patch }: Extract<RestoreDecision, { action: "patch" }>): Buffer {
  return encodeObject(patch);
}

/** Errors: those of the API server. */
export async function patchObject(
  work: ItemInWork,
  decision: Extract<RestoreDecision, { action: "patch" }>,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<RawObject> {
  const { ref, resource, target } = work;
  const what = { action: "updated", resource, target } as const;
  return await sendWrite(run, what, signal, (sending) =>
    run.ports.cluster.patch(ref, "merge", patchBody(decision), {
      fieldManager: ownManager,
      ...sending,
    }),
  );
}
