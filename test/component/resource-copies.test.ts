/** Copies of resources, and a cluster whose kinds of velero.io are taken away and brought back. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { configMapKind } from "../../src/api/config-map-kind.ts";
import type { CustomResource } from "../../src/api/custom-resource.ts";
import { definitionName } from "../../src/api/custom-resource.ts";
import { toDefinition } from "../../src/api/custom-resource-definition.ts";
import type { RawObject } from "../../src/api/raw-object.ts";
import { restoreKind } from "../../src/api/restore.ts";
import { scheduleKind } from "../../src/api/schedule.ts";
import { veleroKinds } from "../../src/api/velero-kinds.ts";
import type { ControllerContext } from "../../src/controllers/controller-context.ts";
import { createResourceCopiesController } from "../../src/controllers/resource-copies/create-resource-copies-controller.ts";
import { definitionRef } from "../../src/install/definition-store.ts";
import { listAll } from "../../src/runtime/list-all.ts";
import {
  type ControllerWorld,
  createControllerWorld,
  serverNamespace,
} from "../support/controller-world.ts";
import { storeBackup } from "../support/stored-backup.ts";

const signal = new AbortController().signal;
const finalizer = "restores.velero.io/external-resources-finalizer";

interface Run {
  readonly world: ControllerWorld;
  readonly problems: (string | undefined)[];
}

async function begin(world: ControllerWorld): Promise<Run> {
  const problems: (string | undefined)[] = [];
  const onProblem = (problem: string | undefined) => void problems.push(problem);
  await world.start((context: ControllerContext) =>
    createResourceCopiesController(context, { onProblem }),
  );
  return { world, problems };
}

async function copies(world: ControllerWorld): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  const take = ({ name, bytes }: RawObject): void => {
    found[name] = (JSON.parse(bytes.toString()) as { data: { "object.json": string } }).data[
      "object.json"
    ];
  };
  const scope = {
    kind: configMapKind,
    namespace: serverNamespace,
    labelSelector: "ark-ts.dev/copy-of",
  };
  await listAll(world.cluster, scope, 0, take, signal);
  return found;
}

const names = async (world: ControllerWorld) => Object.keys(await copies(world)).sort();

const areCopied = (world: ControllerWorld, ...wanted: readonly string[]) =>
  world.until(`copied: ${wanted}`, async () => {
    const found = (await names(world)).map((name) => name.replace("ark-ts-copy-", ""));
    return JSON.stringify(found) === JSON.stringify([...wanted].sort());
  });

/** As `velero uninstall` and the API server do it: the definition goes, and its objects with it. */
async function removeKinds(
  world: ControllerWorld,
  kinds: readonly CustomResource[],
): Promise<void> {
  for (const kind of kinds)
    await world.cluster.remove(definitionRef(definitionName(kind)), { signal });
}

async function bringKinds(world: ControllerWorld, kinds: readonly CustomResource[]): Promise<void> {
  for (const kind of kinds) {
    const body = Buffer.from(JSON.stringify(toDefinition(kind)));
    await world.cluster.create(definitionRef(definitionName(kind)), body, { signal });
  }
}

const daily = { schedule: "@daily", template: { includedNamespaces: ["shop"] } };

describe("Copies of resources", () => {
  it("are kept of Schedules and locations, and of Backups and Restores until they have ended", async () => {
    const world = await createControllerWorld();
    await world.location("main", { config: { region: "minio" } });
    await world.create(scheduleKind, "daily", { spec: daily });
    await world.create(backupKind, "running", {
      spec: { ttl: "1h0m0s" },
      status: {
        phase: "InProgress",
        startTimestamp: "2026-01-01T00:00:00Z",
        progress: { itemsBackedUp: 1 },
      },
    });
    await world.create(backupKind, "done", { status: { phase: "Completed" } });
    await world.create(restoreKind, "asked", { spec: { backupName: "b" } });
    await begin(world);
    await areCopied(
      world,
      "backupstoragelocations-main",
      "schedules-daily",
      "backups-running",
      "restores-asked",
    );
    assert.deepEqual(JSON.parse((await copies(world))["ark-ts-copy-backups-running"] ?? ""), {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "running", namespace: "ark-ts" },
      spec: { ttl: "1h0m0s" },
      status: { phase: "InProgress", startTimestamp: "2026-01-01T00:00:00Z" },
    });
    await world.patch(backupKind, "running", { status: { phase: "Completed" } });
    await world.patch(scheduleKind, "daily", { spec: { paused: true } });
    await areCopied(world, "backupstoragelocations-main", "schedules-daily", "restores-asked");
    await world.until("the change is copied", async () =>
      (await copies(world))["ark-ts-copy-schedules-daily"]?.includes('"paused":true'),
    );
    await world.stop();
  });

  it("hold no credential: a location with one in its config is not copied, and says so", async () => {
    const world = await createControllerWorld();
    await world.location("main", { config: { secretAccessKey: "hush-hush" } });
    await world.location("url", { config: { s3Url: "https://me:hush-hush@minio:9000" } });
    await world.location("fine", { credential: { name: "s", key: "cloud" } });
    await begin(world);
    await areCopied(world, "backupstoragelocations-fine");
    await world.clock.advance(300_000);
    assert.ok(!JSON.stringify(await copies(world)).includes("hush"));
    const said = (await world.events()).filter(({ reason }) => reason === "NotCopied");
    assert.deepEqual(said.map(({ about, count }) => [about, count]).sort(), [
      ["BackupStorageLocation/main", 1],
      ["BackupStorageLocation/url", 1],
    ]);
    assert.ok(!JSON.stringify(said).includes("hush"));
    await world.stop();
  });

  it("go when what they are of may no longer be copied", async () => {
    const world = await createControllerWorld();
    await world.location("main", { config: { region: "minio" } });
    await begin(world);
    await areCopied(world, "backupstoragelocations-main");
    await world.patch(backupStorageLocationKind, "main", {
      spec: { config: { secretAccessKey: "hush-hush" } },
    });
    await areCopied(world);
    await world.stop();
  });

  it("that a restore brought from another cluster do not come alive in this one", async () => {
    const world = await createControllerWorld();
    await world.create(scheduleKind, "daily", { spec: daily });
    await begin(world);
    await areCopied(world, "schedules-daily");
    await world.stop();
    const ref = {
      kind: configMapKind,
      namespace: serverNamespace,
      name: "ark-ts-copy-schedules-daily",
    };
    const patch = { metadata: { annotations: { "ark-ts.dev/copied-from-cluster": "production" } } };
    await world.cluster.patch(ref, "merge", Buffer.from(JSON.stringify(patch)), { signal });
    await removeKinds(world, veleroKinds);
    await bringKinds(world, veleroKinds);
    const next = await world.nextTerm();
    await begin(next);
    await areCopied(next);
    assert.equal(await next.get(scheduleKind, "daily"), undefined);
    await next.stop();
  });

  it("go with what their user deletes, also while no server runs", async () => {
    const world = await createControllerWorld();
    for (const name of ["a", "b"]) await world.create(scheduleKind, name, { spec: daily });
    await begin(world);
    await areCopied(world, "schedules-a", "schedules-b");
    await world.remove(scheduleKind, "a");
    await areCopied(world, "schedules-b");
    await world.stop();
    await world.remove(scheduleKind, "b");
    const next = await world.nextTerm();
    await begin(next);
    await areCopied(next);
    assert.equal(await next.get(scheduleKind, "b"), undefined);
    await next.stop();
  });
});

describe("A removal of the kinds of velero.io", () => {
  it("is waited for and said, and what stood is made again once they are back", async () => {
    const world = await createControllerWorld();
    await world.location("main");
    const { metadata } = await world.create(scheduleKind, "daily", {
      spec: daily,
      status: { phase: "Enabled", lastBackup: "2026-01-01T00:00:00Z" },
    });
    const ownerReferences = [
      { apiVersion: "velero.io/v1", kind: "Schedule", name: "daily", uid: metadata.uid },
    ];
    for (const name of ["running", "ended"]) {
      const status = { phase: "InProgress" };
      await world.create(backupKind, name, { spec: { storageLocation: "main" }, status });
      await world.patch(backupKind, name, { metadata: { ownerReferences } });
    }
    await world.create(backupKind, "finished", { status: { phase: "Completed" } });
    const { problems } = await begin(world);
    const all = [
      "backupstoragelocations-main",
      "schedules-daily",
      "backups-running",
      "backups-ended",
    ];
    await areCopied(world, ...all);
    await removeKinds(world, veleroKinds);
    const told = await world.until("it is said", () =>
      problems.find((one) => one?.includes("schedules.velero.io")),
    );
    assert.match(told, /have been removed .* ark-ts install --crds-only/);
    await world.clock.advance(600_000);
    await areCopied(world, ...all);
    await storeBackup(world.store("main"), { name: "ended" });
    await bringKinds(world, veleroKinds);
    const schedule = await world.until(
      "the Schedule is back",
      async () => await world.get(scheduleKind, "daily"),
    );
    assert.notEqual(schedule.metadata.uid, metadata.uid);
    assert.deepEqual([schedule.spec, schedule.status?.lastBackup], [daily, "2026-01-01T00:00:00Z"]);
    assert.ok(await world.get(backupStorageLocationKind, "main"));
    const backup = await world.until(
      "the Backup is back",
      async () => await world.get(backupKind, "running"),
    );
    assert.equal(backup.status?.phase, "InProgress");
    assert.deepEqual(
      (backup.metadata.ownerReferences ?? []).map(({ uid }) => uid),
      [schedule.metadata.uid],
    );
    await areCopied(world, "backupstoragelocations-main", "schedules-daily", "backups-running");
    assert.equal(await world.get(backupKind, "ended"), undefined, "sync brings it");
    assert.equal(problems.at(-1), undefined);
    await world.stop();
  });

  it("that happened while no server ran is found too", async () => {
    const world = await createControllerWorld();
    await world.create(scheduleKind, "daily", { spec: daily });
    await begin(world);
    await areCopied(world, "schedules-daily");
    await world.stop();
    await removeKinds(world, veleroKinds);
    await bringKinds(world, veleroKinds);
    const next = await world.nextTerm();
    await begin(next);
    await next.until("the Schedule is back", async () => await next.get(scheduleKind, "daily"));
    await next.stop();
  });

  it("that waits for finalizers is let go, and the bucket is not touched", async () => {
    const world = await createControllerWorld();
    await world.create(restoreKind, "r1", { spec: { backupName: "b" } });
    await world.patch(restoreKind, "r1", {
      metadata: { finalizers: [finalizer, "example.com/theirs"] },
    });
    await world.create(restoreKind, "r2", { spec: { backupName: "b" } });
    await begin(world);
    await areCopied(world, "restores-r1", "restores-r2");
    const before = world.store("main").faults.calls.length;
    await removeKinds(world, [restoreKind]);
    const { metadata } = await world.until("it is let go by us", async () => {
      const found = await world.get(restoreKind, "r1");
      return found?.metadata.finalizers?.length === 1 && found;
    });
    assert.deepEqual(metadata.finalizers, ["example.com/theirs"]);
    assert.equal(world.store("main").faults.calls.length, before);
    await areCopied(world, "restores-r1", "restores-r2");
    await world.stop();
  });
});
