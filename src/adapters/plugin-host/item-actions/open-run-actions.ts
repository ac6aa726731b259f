import { ArkError } from "../../../lib/errors.ts";
import type { RunActions, RunActionsRequest } from "../../../ports/run-actions.ts";
import type { SurveyedProgram } from "../survey-programs.ts";
import { openPluginActions } from "./open-plugin-actions.ts";
import type { ActionHost } from "./plugin-lease.ts";

export interface FolderActionsRequest extends Pick<RunActionsRequest, "purpose" | "builtIn"> {
  /** In the order in which their actions are executed. */
  readonly programs: readonly SurveyedProgram[];
}

/**
 * Starts each program that serves actions for the run, and answers all of them. A program that
 * cannot be asked is an error, as nobody knows what it would have done to which items.
 * Errors: ARK_PLUGIN_*.
 */
export async function openRunActions(
  { purpose, programs, builtIn = [] }: FolderActionsRequest,
  host: ActionHost,
  signal: AbortSignal,
): Promise<RunActions> {
  for (const { command, failure } of programs) {
    if (failure !== undefined) throw unusable(command.path, failure);
  }
  const handlesCsi = host.features?.includes("EnableCSI") === true;
  const opened: RunActions[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one.close()));
  };
  try {
    for (const { command, plugins } of programs) {
      const own = plugins.filter(
        ({ name }) => !builtIn.includes(name) && (handlesCsi || !name.includes(csiActions)),
      );
      if (!own.some(({ kind }) => servesRun(kind, purpose))) continue;
      opened.push(await openPluginActions(command, own, purpose, host, signal));
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const all = <Action>(pick: (one: RunActions) => readonly Action[]): readonly Action[] =>
    opened.flatMap((one) => [...pick(one)]);
  return {
    backup: all((one) => one.backup),
    restore: all((one) => one.restore),
    deletion: all((one) => one.deletion),
    block: all((one) => one.block),
    served: all((one) => one.served),
    close,
  };
}

/** Velero's own, which its host passes over without that feature; ark-ts takes these snapshots itself. */
const csiActions = "velero.io/csi-";

const purposes = {
  backup: /^(?:BackupItemAction|ItemBlockAction)/,
  restore: /^RestoreItemAction/,
  deletion: /^DeleteItemAction/,
} as const;

function servesRun(kind: string, purpose: RunActionsRequest["purpose"]): boolean {
  return purposes[purpose].test(kind);
}

function unusable(path: string, failure: ArkError): ArkError {
  const answer = [failure.message, failure.answer].filter(Boolean).join(": ");
  return new ArkError(failure.code, `the plugin ${JSON.stringify(path)} cannot be used`, {
    answer,
    advice:
      "what it would do to which items is not known, so nothing was begun; put it right, or take it out of the plugin folder",
    cause: failure,
  });
}
