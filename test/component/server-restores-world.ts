import { type Backup, backupKind } from "../../src/api/backup.ts";
import { annotations } from "../../src/api/labels.ts";
import { type RestorePhase, restoreKind } from "../../src/api/restore.ts";
import type { LiveRestore } from "../../src/controllers/controller-context.ts";
import { createRestoreController } from "../../src/controllers/restore/restore-controller.ts";
import { backupKeys, restoreKeys, restoreRecordsFolder } from "../../src/format/keys.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import {
  type ControllerWorld,
  type ControllerWorldOptions,
  createControllerWorld,
} from "../support/controller-world.ts";
import { configMaps, storeBackup } from "../support/stored-backup.ts";

export { createRestoreController, restoreKind };

/** A world with location `main` and Backup `nightly` in it, of ConfigMaps in namespace `shop`. */
export async function createRestoresWorld(
  options: ControllerWorldOptions & { readonly objects?: number } = {},
): Promise<ControllerWorld> {
  const world = await createControllerWorld(options);
  await world.location("main");
  await addBackup(world, "nightly", { objects: options.objects ?? 3 });
  world.server.seed({ kind: "Namespace", apiVersion: "v1", metadata: { name: "shop" } });
  return world;
}

/** A sealed backup in `bucket`, and the Backup of the cluster that sync would make of it. */
export async function addBackup(
  world: ControllerWorld,
  name: string,
  {
    objects = 3,
    location = "main",
    bucket = location,
    labels = {},
    startTimestamp = "2026-01-01T00:00:00Z",
  }: {
    readonly objects?: number;
    readonly location?: string;
    readonly bucket?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly startTimestamp?: string;
  } = {},
): Promise<void> {
  const named = Array.from({ length: objects }, (_, at) => ({
    namespace: "shop",
    name: `settings-${at}`,
  }));
  const status = { startTimestamp, completionTimestamp: startTimestamp };
  const store = world.store(bucket);
  await storeBackup(store, { name, kinds: [{ kind: configMaps, objects: named }], status });
  const seal = JSON.parse(Buffer.from(store.bytes(backupKeys(name).seal)).toString()) as Backup;
  await world.create(backupKind, name, {
    spec: { ...seal.spec, storageLocation: location },
    status: seal.status,
    labels,
    annotations: seal.metadata.annotations ?? {},
  });
}

/** Waits until the Restore has one of these phases. */
export async function untilPhase(
  world: ControllerWorld,
  name: string,
  ...phases: readonly RestorePhase[]
): Promise<LiveRestore> {
  return await world.until(`restore ${name} is ${phases.join(" or ")}`, async () => {
    const found = await world.get(restoreKind, name);
    const phase = found?.status?.phase;
    return phase !== undefined && phases.includes(phase) && found;
  });
}

export const ended = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"] as const;

export async function cancel(world: ControllerWorld, name: string): Promise<void> {
  await world.patch(restoreKind, name, {
    metadata: { annotations: { [annotations.cancel]: "true" } },
  });
}

/** ConfigMaps of namespace `shop`, by name. */
export async function restored(world: ControllerWorld): Promise<readonly string[]> {
  const page = await world.cluster.list(
    { kind: configMaps, namespace: "shop", limit: 0 },
    { signal: new AbortController().signal },
  );
  const names: string[] = [];
  for await (const batch of page.items) for (const { name } of batch) names.push(name);
  return names.filter((name) => name.startsWith("settings-")).sort();
}

/** Files of a backup that the cluster does not know, in another one's name perhaps. */
export async function addBackupFiles(
  world: ControllerWorld,
  bucket: string,
  name: string,
  store: ObjectStore = world.store(bucket),
): Promise<void> {
  const objects = [{ namespace: "blog", name: "settings-of-another" }];
  const status = { startTimestamp: "2025-01-01T00:00:00Z" };
  await storeBackup(store, { name, kinds: [{ kind: configMaps, objects }], status });
}

/** From now on each ConfigMap takes so long to create; answers how many were asked for. */
export function slowDown(
  world: ControllerWorld,
  delayMs: number,
): { readonly asked: () => number } {
  let asked = 0;
  world.server.faults = ({ method, path }) => {
    if (method !== "POST" || !path.endsWith("/namespaces/shop/configmaps")) return undefined;
    asked += 1;
    return { delayMs };
  };
  return { asked: () => asked };
}

/** Keys of the restore, its journal's record among them. */
export const keysOf = (world: ControllerWorld, restore: string, bucket = "main") =>
  world
    .store(bucket)
    .keys()
    .filter((key) =>
      [restoreKeys(restore).folder, restoreRecordsFolder(restore)].some((one) =>
        key.startsWith(one),
      ),
    );

export const untilGone = (world: ControllerWorld, name: string) =>
  world.until(`restore ${name} is gone`, async () => {
    return (await world.get(restoreKind, name)) === undefined;
  });
