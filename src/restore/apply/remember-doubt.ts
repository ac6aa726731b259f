import { ApiError } from "../../ports/cluster.ts";
import { journalItem } from "../record/entries-with-intents.ts";
import { itemKey } from "../record/interrupted-restore.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { ItemInWork } from "./assess-item.ts";

/** Whether a write may have been done though it was not answered so. */
export function mayHaveHappened(error: ApiError): boolean {
  return error.api.status === 0 || error.api.status >= 500;
}

/** A creation without an answer may have happened: a later pass then knows its own object. */
export async function rememberDoubt<Made>(
  { line, inDoubt }: ItemInWork,
  run: RestoreRun,
  creation: Promise<Made>,
): Promise<Made> {
  try {
    return await creation;
  } catch (error) {
    const item = journalItem(line);
    if (error instanceof ApiError && mayHaveHappened(error)) {
      const isCreated = inDoubt === undefined || inDoubt.write === "patch";
      run.doubts.set(itemKey(item), isCreated ? { ...item, write: "create" } : inDoubt);
    }
    throw error;
  }
}
