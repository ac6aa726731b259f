import type { OpenedBackup } from "../../catalog/opened-backup.ts";
import type { ActionRestore } from "../../ports/restore-item-action.ts";
import {
  defaultRestoreLimits,
  type RestorePorts,
  type RestoreRequest,
} from "../restore-request.ts";
import { type ActionFinder, createActionFinder } from "./find-actions.ts";
import { guardAction } from "./guard-action.ts";

/** The item actions of a plan or a run, and what they are told. */
export interface ActionSight {
  readonly finder: ActionFinder;
  readonly restore: ActionRestore;
  /** Keys of items that actions asked for: label selectors do not hold for them. */
  readonly asked: Set<string>;
}

export function hasActions({ actions = [] }: Pick<RestorePorts, "actions">): boolean {
  return actions.length > 0;
}

/** `uid`: of the run; empty in a plan. */
export function createActionSight(
  { request, ports, backup }: SightInput,
  uid: string,
): ActionSight {
  const { actions = [], clock } = ports;
  const { name, spec } = request;
  const guard = { clock, limitMs: { ...defaultRestoreLimits, ...request.limits }.actionMs };
  return {
    finder: createActionFinder(actions.map((action) => guardAction(action, guard))),
    restore: { name, uid, backup: backup.name, spec },
    asked: new Set(),
  };
}

export interface SightInput {
  readonly request: RestoreRequest;
  readonly ports: Pick<RestorePorts, "actions" | "clock">;
  readonly backup: Pick<OpenedBackup, "name">;
}
