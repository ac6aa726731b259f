import {
  type ChangesBuilder,
  changeActions,
  createChangesBuilder,
} from "../../format/restore-changes.ts";
import type { RestoreOutcome } from "../../format/restore-journal.ts";
import type { TargetName } from "./tally.ts";

interface Outcome extends Pick<RestoreOutcome, "action" | "resource" | "uid" | "written"> {
  readonly unanswered?: boolean;
}

/** What a run changes in the cluster, for the record of the restore and for undoing it. */
export interface EffectList {
  /** Passes over what changed nothing. `target` names the object in the cluster. */
  record(target: TargetName, outcome: Outcome): void;
  /** The file of the record; to be called last, and answers the same when it is called again. */
  finish: ChangesBuilder["finish"];
}

export function createEffectList(): EffectList {
  const builder = createChangesBuilder();
  let file: ReturnType<EffectList["finish"]> | undefined;
  return {
    record({ version, kind, namespace, name }, outcome) {
      const { resource, uid = "", written, unanswered } = outcome;
      const action = changeActions.find((one) => one === outcome.action);
      if (action === undefined) return;
      const form = {
        ...(written === undefined ? {} : { written }),
        ...(unanswered === true ? { unanswered } : {}),
      };
      builder.add({ action, resource, version, kind, namespace, name, uid, ...form });
    },
    finish(cluster) {
      file ??= builder.finish(cluster);
      return file;
    },
  };
}
