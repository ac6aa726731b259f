import { ArkError, toArkError } from "../../lib/errors.ts";
import type { RestoreItemAction } from "../../ports/restore-item-action.ts";
import type { TargetName } from "../report/tally.ts";
import { describeTarget } from "../restore-run.ts";

/** That an action failed on an item, which is not restored then. */
export function actionFailure(
  { name }: Pick<RestoreItemAction, "name">,
  target: TargetName,
  thrown: unknown,
): ArkError {
  const { message } = toArkError(thrown);
  return new ArkError(
    "ARK_ITEM_ACTION",
    `action ${name} failed on ${describeTarget(target)}: ${message}`,
    { cause: thrown },
  );
}
