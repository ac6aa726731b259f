import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { downloadRequestKind } from "../../src/api/download-request.ts";
import { restoreKind } from "../../src/api/restore.ts";
import { createDownloadRequestController } from "../../src/controllers/download-request/download-request-controller.ts";
import { type ControllerWorld, createControllerWorld } from "../support/controller-world.ts";

async function createWorld(signedUrls: boolean): Promise<ControllerWorld> {
  const world = await createControllerWorld();
  await world.location("main");
  Object.assign(world.store("main").capabilities, { signedUrls });
  const status = { phase: "Completed" };
  await world.create(backupKind, "b1", { spec: { storageLocation: "main" }, status });
  await world.create(restoreKind, "r1", { spec: { backupName: "b1" }, status });
  return world;
}

const ask = (world: ControllerWorld, name: string, kind: string, of: string) =>
  world.create(downloadRequestKind, name, { spec: { target: { kind, name: of } } });

const urlOf = async (world: ControllerWorld, name: string) =>
  (await world.get(downloadRequestKind, name))?.status?.downloadURL;

describe("a DownloadRequest", () => {
  it("is answered with a URL of the store for ten minutes, and removed then", async () => {
    const world = await createWorld(true);
    await world.start(createDownloadRequestController);
    await ask(world, "logs", "BackupLog", "b1");
    await ask(world, "volumes", "RestoreVolumeInfo", "r1");
    const url = await world.until("it has a URL", () => urlOf(world, "logs"));
    assert.match(url, /\/backups\/b1\/b1-logs\.gz\?/);
    const other = await world.until("it has a URL", () => urlOf(world, "volumes"));
    assert.match(other, /\/restores\/r1\/r1-volumeinfo\.json\.gz\?/);
    const { status } = await world.demand(downloadRequestKind, "logs");
    assert.equal(status?.phase, "Processed");
    const leftMs = Date.parse(status?.expiration ?? "") - world.clock.now().getTime();
    assert.ok(leftMs > 590_000 && leftMs <= 600_000, `${leftMs}`);
    await world.clock.advance(500_000);
    assert.notEqual(await world.get(downloadRequestKind, "logs"), undefined);
    await world.clock.advance(110_000);
    assert.equal(await world.get(downloadRequestKind, "logs"), undefined);
    await world.stop();
  });

  it("is answered when what it names comes a little later", async () => {
    const world = await createWorld(true);
    await world.start(createDownloadRequestController);
    await ask(world, "early", "BackupLog", "b2");
    await world.clock.advance(1_000);
    assert.equal(await urlOf(world, "early"), undefined);
    await world.create(backupKind, "b2", { spec: { storageLocation: "main" } });
    await world.until("it has a URL", () => urlOf(world, "early"), 4_000);
    assert.deepEqual(await world.events(), []);
    await world.stop();
  });

  it("for what is not there is told so by an Event, and removed", async () => {
    const world = await createWorld(true);
    await world.start(createDownloadRequestController);
    await ask(world, "none", "BackupLog", "b9");
    const [event] = await world.until("an Event is there", async () => {
      const events = await world.events();
      return events.length > 0 ? events : undefined;
    });
    assert.equal(event?.reason, "DownloadNotFound");
    assert.match(event?.message ?? "", /no Backup "b9"/);
    await world.clock.advance(600_000);
    assert.equal(await world.get(downloadRequestKind, "none"), undefined);
    await world.stop();
  });

  it("for a file of ours is answered with that one, and for an unknown one with an Event", async () => {
    const world = await createWorld(true);
    await world.start(createDownloadRequestController);
    for (const [name, file, kind] of [
      ["manifest", "manifest", "BackupContents"],
      ["seal", "seal", "BackupContents"],
      ["of-restore", "manifest", "RestoreLog"],
    ] as const) {
      const spec = { target: { kind, name: kind === "RestoreLog" ? "r1" : "b1" } };
      const annotations = { "ark-ts.dev/file": file };
      await world.create(downloadRequestKind, name, { spec, annotations });
    }
    const url = await world.until("it has a URL", () => urlOf(world, "manifest"));
    assert.match(url, /\/backups\/b1\/ark-manifest\.json\?/);
    const told = await world.until("both are told", async () => {
      const events = await world.events();
      return events.length === 2 ? events : undefined;
    });
    for (const { reason, message } of told) {
      assert.equal(reason, "DownloadNotFound");
      assert.match(message, /is no file of a (BackupContents|RestoreLog)/);
    }
    await world.stop();
  });

  it("that asks for it gets a URL of the server beside that of the store", async () => {
    const world = await createWorld(true);
    await world.start((context) =>
      createDownloadRequestController(context, async ({ key, location }) => ({
        url: `https://ark.example/${location.name}/${location.uid}/${key}`,
        isPublic: false,
      })),
    );
    const spec = { target: { kind: "BackupLog", name: "b1" } };
    const annotations = { "ark-ts.dev/server-url": "wanted" };
    await world.create(downloadRequestKind, "both", { spec, annotations });
    await ask(world, "one", "BackupLog", "b1");
    const url = await world.until("it has a URL", () => urlOf(world, "both"));
    assert.doesNotMatch(url, /ark\.example/);
    const { metadata } = await world.demand(downloadRequestKind, "both");
    assert.match(
      metadata.annotations?.["ark-ts.dev/server-url"] ?? "",
      /^https:\/\/ark\.example\/main\/[^/]+\/backups\/b1\/b1-logs\.gz$/,
    );
    await world.until("it has a URL", () => urlOf(world, "one"));
    assert.equal((await world.demand(downloadRequestKind, "one")).metadata.annotations, undefined);
    await world.stop();
  });

  it("for a store that signs nothing gets a URL of the server, or an Event that says why", async () => {
    const world = await createWorld(false);
    await world.start((context) =>
      createDownloadRequestController(context, async ({ location, key, until }) =>
        key.endsWith("-logs.gz")
          ? { url: `https://ark.example/${location.name}/${key}#${+until}`, isPublic: true }
          : undefined,
      ),
    );
    await ask(world, "logs", "BackupLog", "b1");
    await ask(world, "contents", "BackupContents", "b1");
    const url = await world.until("it has a URL", () => urlOf(world, "logs"));
    assert.match(url, /^https:\/\/ark\.example\/main\/backups\/b1\/b1-logs\.gz#/);
    const event = await world.until("an Event is there", async () =>
      (await world.events()).find(({ about }) => about === "DownloadRequest/contents"),
    );
    assert.equal(event.reason, "DownloadUnavailable");
    assert.match(
      event.message,
      /"main" signs no URLs.*this server serves no files itself \(--download-address\)$/,
    );
    assert.equal(await urlOf(world, "contents"), undefined);
    await world.stop();
  });
});
