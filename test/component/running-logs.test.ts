/** What is known of Backups and Restores while they run: their log so far, and what they do. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { downloadRequestKind } from "../../src/api/download-request.ts";
import { annotations } from "../../src/api/labels.ts";
import { restoreKind } from "../../src/api/restore.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { createDownloadRequestController } from "../../src/controllers/download-request/download-request-controller.ts";
import { createRestoreController } from "../../src/controllers/restore/restore-controller.ts";
import { logSegmentKey } from "../../src/format/keys.ts";
import { doingOf } from "../../src/format/run-doing.ts";
import { ArkError } from "../../src/lib/errors.ts";
import type { ControllerWorld } from "../support/controller-world.ts";
import { createWorld, from, hasPhase, holdArchives } from "./backups-world.ts";
import { createRestoresWorld, untilPhase } from "./server-restores-world.ts";

const away = new ArkError("ARK_STORE_UNREACHABLE", "the store is away", { disposition: "retry" });

/** Waits for a segment of the log of a run, and answers its text. */
async function segment(
  world: ControllerWorld,
  bucket: string,
  uid: string,
  number: number,
): Promise<string> {
  const key = logSegmentKey(uid, number);
  const store = world.store(bucket);
  await world.until(`${key} is there`, () => store.keys().includes(key));
  return gunzipSync(store.bytes(key)).toString();
}

const continuedBy = (epoch: number) =>
  new RegExp(`^time="[^"]+" level=info msg="the run is continued from here" by=replica-${epoch}\n`);

const runFiles = (world: ControllerWorld, bucket: string) =>
  world
    .store(bucket)
    .keys()
    .filter((key) => key.startsWith("metadata/"));

describe("a Backup that runs", () => {
  it("83: has a log already, with a URL for who asks with the file of ours, and none left at its end", async () => {
    const world = await createWorld();
    Object.assign(world.store("default").capabilities, { signedUrls: true });
    const letGo = holdArchives(world);
    await world.start((context) => [
      createBackupController(context),
      createDownloadRequestController(context),
    ]);
    const { metadata } = await world.create(backupKind, "b1", from("shop"));
    const text = await segment(world, "default", metadata.uid ?? "", 1);
    assert.match(text, /^time="[^"]+" level=info msg="backup started" backup=b1 /m);
    await world.create(downloadRequestKind, "part", {
      spec: { target: { kind: "BackupLog", name: "b1" } },
      annotations: { [annotations.ownFile]: "log-1" },
    });
    const url = await world.until(
      "it has a URL",
      async () => (await world.get(downloadRequestKind, "part"))?.status?.downloadURL,
    );
    assert.ok(new URL(url).pathname.endsWith(`/runs/${metadata.uid}/log-1.gz`), url);
    letGo();
    await hasPhase(world, "b1", "Completed");
    await world.until("nothing is left of the run", () => runFiles(world, "default").length === 0);
    const whole = gunzipSync(world.store("default").bytes("backups/b1/b1-logs.gz")).toString();
    assert.ok(whole.startsWith(text));
    await world.stop();
  });

  it("says what it does, as long as it does something", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world);
    await world.start(createBackupController);
    await world.create(backupKind, "b1", from("shop"));
    const doing = await world.until("it tells", async () => {
      const found = doingOf((await world.demand(backupKind, "b1")).metadata);
      return (found?.kindsTotal ?? 0) > 0 && found?.kindsDone === found?.kindsTotal && found;
    });
    assert.ok((doing.kindsTotal ?? 0) > 5);
    letGo();
    await hasPhase(world, "b1", "Completed");
    const { metadata } = await world.demand(backupKind, "b1");
    assert.equal(metadata.annotations?.[annotations.doing], undefined);
    const seal = JSON.parse(
      Buffer.from(world.store("default").bytes("backups/b1/velero-backup.json")).toString(),
    );
    assert.equal(seal.metadata.annotations[annotations.doing], undefined);
    await world.stop();
  });

  it("goes on with its log under the next leader", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world);
    await world.start(createBackupController);
    const { metadata } = await world.create(backupKind, "b1", from("shop"));
    const uid = metadata.uid ?? "";
    const first = await segment(world, "default", uid, 1);
    world.loseTerm();
    await world.stop().catch(() => undefined);
    const next = await world.nextTerm();
    await next.start(createBackupController);
    const second = await segment(next, "default", uid, 2);
    assert.equal(await segment(next, "default", uid, 1), first);
    assert.match(second, continuedBy(2));
    assert.match(second, /msg="backup (started|continued)"/);
    next.loseTerm();
    await next.stop().catch(() => undefined);
    const last = await next.nextTerm();
    await last.start(createBackupController);
    const third = await segment(last, "default", uid, 3);
    assert.match(third, continuedBy(3));
    letGo();
    await hasPhase(last, "b1", "Completed");
    await last.until("nothing is left of the run", () => runFiles(last, "default").length === 0);
    const whole = gunzipSync(last.store("default").bytes("backups/b1/b1-logs.gz")).toString();
    assert.ok(whole.startsWith(first + second + third), whole);
    assert.match(whole.slice((first + second + third).length), /msg="objects collected"/);
    assert.equal(whole.match(/msg="the run is continued from here"/g)?.length, 2, whole);
    await last.stop();
  });

  it("has no more of its log stored once it removes what it kept while it ran", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world);
    await world.start(createBackupController);
    const { metadata } = await world.create(backupKind, "b1", from("shop"));
    await segment(world, "default", metadata.uid ?? "", 1);
    letGo();
    const { faults } = world.store("default");
    const { promise: until, resolve: goOn } = Promise.withResolvers<void>();
    let held: number | undefined;
    faults.add(({ operation, key }) => {
      if (operation !== "remove" || !key.startsWith("metadata/")) return undefined;
      held ??= faults.calls.length;
      return { kind: "hold", until };
    });
    await world.until("it removes what it kept", () => held !== undefined);
    for (let turn = 0; turn < 200; turn += 1) await world.clock.advance(100);
    const since = faults.calls.slice(held).filter(({ operation }) => operation === "put");
    assert.deepEqual(since, []);
    goOn();
    await hasPhase(world, "b1", "Completed");
    await world.until("nothing is left of the run", () => runFiles(world, "default").length === 0);
    await world.stop();
  });

  it("has the log that its store takes later, where it is away for a while", async () => {
    const world = await createWorld();
    const letGo = holdArchives(world);
    const { faults } = world.store("default");
    let refused = 0;
    faults.add(({ operation, key }) => {
      if (operation !== "put" || !key.endsWith("/log-1.gz") || refused >= 2) return undefined;
      refused += 1;
      return { kind: "fail", error: away };
    });
    await world.start(createBackupController);
    const { metadata } = await world.create(backupKind, "b1", from("shop"));
    assert.match(await segment(world, "default", metadata.uid ?? "", 1), /backup started/);
    assert.equal(refused, 2);
    letGo();
    await hasPhase(world, "b1", "Completed");
    await world.stop();
  });
});

describe("a Restore that runs", () => {
  /** Each create of a ConfigMap in the namespace takes so long. */
  function slowCreates(world: ControllerWorld): void {
    world.server.faults = ({ method, path, query }) => {
      const isCreate = method === "POST" && path.endsWith("/namespaces/shop/configmaps");
      return isCreate && !query.has("dryRun") ? { delayMs: 20_000 } : undefined;
    };
  }

  it("has a log already, and says what it does", async () => {
    const world = await createRestoresWorld();
    slowCreates(world);
    await world.start(createRestoreController);
    const { metadata } = await world.create(restoreKind, "r1", {
      spec: { backupName: "nightly" },
    });
    const text = await segment(world, "main", metadata.uid ?? "", 1);
    assert.match(text, /^time="/);
    const doing = await world.until("it tells", async () =>
      doingOf((await world.demand(restoreKind, "r1")).metadata),
    );
    assert.notEqual(doing.wave, undefined);
    const ended = await untilPhase(world, "r1", "Completed");
    assert.equal(ended.metadata.annotations?.[annotations.doing], undefined);
    await world.until("nothing is left of the run", () => runFiles(world, "main").length === 0);
    await world.stop();
  });

  it("has the lines of all its processes in its log file", async () => {
    const world = await createRestoresWorld();
    slowCreates(world);
    await world.start(createRestoreController);
    const { metadata } = await world.create(restoreKind, "r1", {
      spec: { backupName: "nightly" },
    });
    const first = await segment(world, "main", metadata.uid ?? "", 1);
    world.loseTerm();
    await world.stop().catch(() => undefined);
    world.server.faults = undefined;
    const next = await world.nextTerm();
    await next.start(createRestoreController);
    await untilPhase(next, "r1", "Completed");
    const whole = gunzipSync(next.store("main").bytes("restores/r1/restore-r1-logs.gz")).toString();
    assert.ok(whole.startsWith(first), whole);
    const [, rest = ""] = whole.split(/(?=^.*msg="the run is continued from here")/m);
    assert.match(rest, continuedBy(2));
    assert.ok(rest.split("\n").length > 2, rest);
    await next.until("nothing is left of the run", () => runFiles(next, "main").length === 0);
    await next.stop();
  });

  it("from a read-only location writes no log into it before its end", async () => {
    const world = await createRestoresWorld();
    await world.patch(backupStorageLocationKind, "main", { spec: { accessMode: "ReadOnly" } });
    slowCreates(world);
    await world.start(createRestoreController);
    await world.create(restoreKind, "r1", { spec: { backupName: "nightly" } });
    await world.until("it tells", async () =>
      doingOf((await world.demand(restoreKind, "r1")).metadata),
    );
    await world.clock.advance(10_000);
    assert.deepEqual(
      runFiles(world, "main").filter((key) => key.includes("/log-")),
      [],
    );
    await untilPhase(world, "r1", "Completed", "PartiallyFailed", "Failed");
    await world.stop();
  });
});
