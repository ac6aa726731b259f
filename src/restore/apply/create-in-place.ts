import type { RawObject } from "../../api/raw-object.ts";
import { lostAddresses, withFormerAddresses } from "../../domain/restore/former-addresses.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { ApiError } from "../../ports/cluster.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";
import { createObject } from "./apply-decision.ts";
import type { ItemInWork } from "./assess-item.ts";
import { readObject } from "./read-object.ts";

/**
 * Makes an object in the place of another one that was deleted. A Service gets the addresses and node
 * ports of that; which of them it cannot have is a finding. Answers and errors: as of a create.
 */
export async function createInPlace(
  work: ItemInWork,
  readFormer: () => Promise<JsonObject | undefined>,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const former = work.resource === "services" ? await readFormer() : undefined;
  const { desired } = work.item;
  const placed = former === undefined ? desired : withFormerAddresses(desired, former);
  if (placed === desired) return await createObject(work, run, signal);
  try {
    const item = { ...work.item, desired: placed };
    return await createObject({ ...work, item }, run, signal);
  } catch (thrown) {
    // One of them was given to another Service meanwhile.
    if (!(thrown instanceof ApiError) || thrown.api.status !== 422) throw thrown;
    const made = await createObject(work, run, signal);
    if (made !== undefined) tellLost(work, placed, made, run);
    return made;
  }
}

function tellLost(
  { resource, target }: ItemInWork,
  placed: JsonObject,
  made: RawObject,
  { log, request }: RestoreRun,
): void {
  const lost = lostAddresses(placed, readObject(made.bytes, describeTarget(target)));
  if (lost.length === 0) return;
  const { namespace, name } = target;
  log.find({
    severity: "warning",
    code: "ARK_ADDRESS_CHANGED",
    message: `${describeTarget(target)} was made anew and could not have its former addresses: ${lost.join(", ")}`,
    ...{ resource, namespace, name },
    advice: `tell the new ones to who calls it by these; or take the restore back, with ark-ts restore undo ${request.name}`,
  });
}
