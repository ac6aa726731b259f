/** Schedules over the in-memory API server, shortly before three in the morning. */
import { backupKind } from "../../src/api/backup.ts";
import { resourceKindOf } from "../../src/api/custom-resource.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { createScheduleController } from "../../src/controllers/schedule/create-schedule-controller.ts";
import { listAll } from "../../src/runtime/list-all.ts";
import {
  type ControllerWorld,
  type ControllerWorldOptions,
  createControllerWorld,
  serverNamespace,
} from "../support/controller-world.ts";

export const signal = new AbortController().signal;
export const minute = 60_000;
export const hour = 60 * minute;
/** Shortly before three in the morning: each hour of a world costs a second. */
const startMs = Date.UTC(2026, 0, 1, 2, 50);
export const daily = {
  schedule: "0 3 * * *",
  template: { includedNamespaces: ["shop"], ttl: "240h0m0s" },
};

export const often = { ...daily, schedule: "*/10 * * * *" };

export async function worldOf(options: ControllerWorldOptions = {}): Promise<ControllerWorld> {
  return await createControllerWorld({ startMs, ...options });
}

export async function started(options: ControllerWorldOptions = {}): Promise<ControllerWorld> {
  const world = await worldOf(options);
  await world.start(createScheduleController);
  return world;
}

/** Moves time on and lets what that wakes come to rest. */
export async function pass(world: ControllerWorld, ms: number): Promise<void> {
  await world.clock.advance(ms);
  for (let turn = 0; turn < 10; turn += 1) await world.clock.advance(0);
}

export async function backupsOf(world: ControllerWorld): Promise<readonly string[]> {
  const names: string[] = [];
  const scope = { kind: resourceKindOf(backupKind), namespace: serverNamespace };
  await listAll(world.cluster, scope, 0, (raw) => names.push(raw.name), signal);
  return names.sort();
}

export async function finish(world: ControllerWorld): Promise<void> {
  for (const name of await backupsOf(world)) {
    await world.patch(backupKind, name, { status: { phase: "Completed" } });
  }
}

export const statusOf = async (world: ControllerWorld, name: string) =>
  (await world.demand(scheduleKind, name)).status;
