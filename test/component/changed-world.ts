/** A cluster that has drifted from its backup, and what a restore keeps of it. */
import { annotations } from "../../src/api/labels.ts";
import { decodeFormerPart, type FormerObject } from "../../src/format/former-object.ts";
import { restoreKeys } from "../../src/format/keys.ts";
import { decodeChanges } from "../../src/format/restore-changes.ts";
import type { RestorePorts, RestoreRequest } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

export const idle = new AbortController().signal;
export const recreate = { annotations: { [annotations.existingResourcePolicy]: "recreate" } };
export const shop = namespaceNamed("shop");

export const settings = (value: string) =>
  plain("v1", "ConfigMap", "shop/settings", { data: { mode: value } });

export async function worldWithDrift(
  live: Readonly<Record<string, unknown>> = {},
): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp([shop, settings("blue")]);
  await make(world, shop);
  await make(world, { ...settings("green"), ...live });
  return world;
}

export async function make(world: RestoreWorld, object: object): Promise<void> {
  const { metadata, ...rest } = object as ReturnType<typeof plain>;
  const kept = { name: metadata.name, namespace: metadata.namespace, ...pick(metadata) };
  const body = JSON.stringify({ ...rest, metadata: kept });
  const kind = world.server.catalog.kinds().find((one) => one.kind === rest.kind)!;
  const served = { ...kind, preferred: true };
  const ref = {
    kind: served as never,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
  };
  await world.cluster.create(ref, Buffer.from(body), { signal: idle });
}

const pick = ({ finalizers, labels, annotations: notes }: Readonly<Record<string, unknown>>) => ({
  ...(finalizers === undefined ? {} : { finalizers }),
  ...(labels === undefined ? {} : { labels }),
  ...(notes === undefined ? {} : { annotations: notes }),
});

export async function formers(world: RestoreWorld, name = "r1"): Promise<readonly FormerObject[]> {
  const keys = world.store.keys().filter((key) => key.startsWith(`restores/${name}/ark-former-`));
  const parts = await Promise.all(
    keys.sort().map((key) => decodeFormerPart(world.store.bytes(key), key)),
  );
  return parts.flat();
}

export async function changes(world: RestoreWorld, name = "r1") {
  const bytes = world.store.bytes(restoreKeys(name).changes);
  return (await decodeChanges(bytes, name)).changes;
}

export const start = (
  world: RestoreWorld,
  ports: Partial<RestorePorts>,
  request: Partial<RestoreRequest> = {},
) =>
  runRestore(
    {
      name: "r1",
      isNameGiven: true,
      owner: { host: "far", bootId: "boot", pid: 7 },
      typed: true,
      spec: { backupName: "b1" },
      limits: { writers: 1 },
      ...recreate,
      ...request,
    },
    {
      cluster: world.cluster,
      store: world.store,
      clock: world.clock,
      log: { write: () => {} },
      liveness: () => "gone",
      ...ports,
    },
    idle,
  );

/** Without dry-runs. */
export const writes = (world: RestoreWorld, method: string): number =>
  world.seen.filter(
    (call) => call.method === method && call.path.includes("/configmaps") && !call.isDryRun,
  ).length;
