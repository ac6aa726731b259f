/** A cluster that has more than its backup, and plans that prune it. */
import type { BackupSpec } from "../../src/api/backup.ts";
import { annotations } from "../../src/api/labels.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { Finding } from "../../src/api/results.ts";
import type { PlannedItem } from "../../src/domain/restore/planned-item.ts";
import { createExpectations, type PlannedRun } from "../../src/restore/plan/plan-expectation.ts";
import { previewRestore } from "../../src/restore/plan/preview-restore.ts";
import type { RestoreRequest } from "../../src/restore/restore-request.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { backupRequest, takeBackup } from "../support/take-backup.ts";
import { idle } from "./changed-world.ts";
import { createRestoreWorld, type Plain, plain } from "./restore-world.ts";

export interface PlannedPrune {
  readonly planned: PlannedRun;
  readonly deleted: readonly string[];
  /** Reasons, by what is kept. */
  readonly kept: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
}

export const prune = { annotations: { [annotations.prune]: "true" } };
export const map = (place: string, metadata: object = {}) =>
  plain("v1", "ConfigMap", place, {
    data: { key: "a" },
    metadata: { uid: `uid-${place}`, ...metadata },
  });

/** Backs up what is there before, then makes what comes after. */
export async function worldOf(
  before: readonly Plain[],
  after: readonly Plain[],
  spec: BackupSpec = {},
) {
  const world = createRestoreWorld({
    admission: ({ object }) => {
      const { name } = object["metadata"] as unknown as { name: string };
      if (name === "refused") throw new ApiStatus(422, "Invalid", "not to our taste");
      return object;
    },
  });
  for (const object of before) world.server.seed(JSON.stringify(object));
  await takeBackup(world.cluster, world.store, backupRequest("b1", spec));
  for (const object of after) world.server.seed(JSON.stringify(object));
  return world;
}

type World = Awaited<ReturnType<typeof worldOf>>;

export async function planOf(
  { cluster, store, clock }: World,
  spec: RestoreSpec = {},
  allowDrift = false,
  more: Partial<RestoreRequest> = {},
): Promise<PlannedPrune> {
  const items: PlannedItem[] = [];
  const owner = { host: "t", bootId: "b", pid: 1 };
  const request = { name: "p", isNameGiven: true, typed: true, owner, ...more, ...prune };
  const header = await previewRestore(
    { ...request, spec: { backupName: "b1", ...spec } },
    { cluster, store, clock, log: { write: () => {} } },
    { dryRun: "server", engineVersion: "test", onLine: (_, item) => void items.push(item) },
    idle,
  );
  const table = createExpectations();
  for (const item of items) table.add(item);
  const gone = items.filter(({ action }) => action === "delete");
  return {
    planned: table.finish(header, allowDrift),
    deleted: gone.map(({ kind, namespace = "", name }) => `${kind} ${namespace}/${name}`),
    kept: Object.fromEntries(
      items
        .filter(({ action }) => action === "keep")
        .map(({ kind, namespace = "", name, reason }) => [`${kind} ${namespace}/${name}`, reason]),
    ),
    findings: header.notes,
  };
}

export async function run(world: World, spec: RestoreSpec = {}, allowDrift = false, name = "r1") {
  const { planned } = await planOf(world, spec, allowDrift);
  return await world.restore(spec, { ...prune, planned, name });
}
