/** What describe tells of a backup by the files that a server hands out, and what the server notes for it. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { type Backup, backupKind } from "../../src/api/backup.ts";
import { type DownloadTarget, downloadRequestKind } from "../../src/api/download-request.ts";
import { annotations } from "../../src/api/labels.ts";
import { createBackupController } from "../../src/controllers/backup/backup-controller.ts";
import { downloadKey, ownDownloadKey } from "../../src/format/download-keys.ts";
import { backupKeys, thawKey } from "../../src/format/keys.ts";
import { encodeThawRecord, type ThawRecord } from "../../src/format/thaw-record.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { configMaps, storeBackup } from "../support/stored-backup.ts";
import { createWorld, hasPhase, signal } from "./backups-world.ts";
import { freezeAndThaw } from "./hooks-world.ts";

let world: CommandWorld;
let store: MemoryStore;
let listener: Server;
before(async () => {
  listener = createServer((request, response) => {
    const key = decodeURIComponent((request.url ?? "").split("?")[0]?.slice(1) ?? "");
    const isThere = store.keys().includes(key);
    response.writeHead(isThere ? 200 : 404);
    response.end(isThere ? store.bytes(key) : "<Error><Code>NoSuchKey</Code></Error>");
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
});
after(() => listener.close());
beforeEach(async () => {
  world = await commandWorld();
  store = createMemoryStore();
  const { port } = listener.address() as AddressInfo;
  await world.serve(downloadRequestKind, ({ metadata, spec, status }) => {
    if (status?.phase === "Processed") return undefined;
    const target = spec.target as { readonly kind: DownloadTarget; readonly name: string };
    const own = metadata.annotations?.[annotations.ownFile];
    const key =
      own === undefined
        ? downloadKey(target).key
        : ownDownloadKey(own, target, `uid-${target.name}`);
    const downloadURL = `http://127.0.0.1:${port}/${key}`;
    return { status: { phase: "Processed", downloadURL } };
  });
});
afterEach(() => world.close());

interface Taken {
  readonly names: readonly string[];
  readonly day: number;
  readonly clusterId?: string;
  readonly location?: string;
  readonly notes?: Readonly<Record<string, string>>;
}

/** A backup of ConfigMaps in the bucket, and its Backup in the cluster. */
async function take(
  name: string,
  { names, day, clusterId = "cluster-1", location = "default", notes = {} }: Taken,
): Promise<void> {
  const objects = names.map((one) => ({ namespace: "shop", name: one }));
  const startTimestamp = `2026-01-0${day}T00:00:00Z`;
  const status = { startTimestamp, completionTimestamp: startTimestamp };
  await storeBackup(store, { name, kinds: [{ kind: configMaps, objects }], status, clusterId });
  const seal = JSON.parse(Buffer.from(store.bytes(backupKeys(name).seal)).toString()) as Backup;
  world.seed("Backup", name, {
    metadata: { uid: `uid-${name}`, annotations: { ...seal.metadata.annotations, ...notes } },
    spec: { ...seal.spec, storageLocation: location },
    status: seal.status,
  });
}

const thaw: ThawRecord = {
  backup: "b2",
  clusterId: "cluster-1",
  owner: { host: "h", bootId: "b", pid: 7 },
  since: "2026-01-02T03:04:05Z",
  attempts: 2,
  lastError: "exit code 32",
  thaws: [
    {
      ...{ namespace: "shop", pod: "db-0", uid: "u-1", container: "main" },
      ...{ command: ["fsfreeze", "-u", "/data"], timeoutMs: 30_000 },
    },
  ],
};

describe("ark-ts backup describe with a server", () => {
  it("tells what changed since the last backup of the same selection, cluster and location", async () => {
    await take("b1", { names: ["kept", "gone"], day: 1 });
    await take("foreign", { names: ["kept"], day: 2, clusterId: "cluster-2" });
    await take("elsewhere", { names: ["kept"], day: 2, location: "other" });
    await take("b2", { names: ["kept", "new-1", "new-2"], day: 3 });
    const { status, out, err } = await world.ark(["--mode", "server", "backup", "describe", "b2"]);
    assert.equal(status, 0, err);
    assert.match(out, /Changes: +since b1 of .*: 2 added, 1 removed, 1 unchanged\n/);
    assert.match(
      out,
      /configmaps: +2 added, 1 removed\n +\+ shop\/new-1\n +\+ shop\/new-2\n +- shop\/gone\n/,
    );
    const json = await world.ark(["--mode", "server", "backup", "describe", "b2", "-o", "json"]);
    const { changes } = JSON.parse(json.out);
    assert.deepEqual([changes.backup, changes.added, changes.removed], ["b1", 2, 1]);
    const first = await world.ark(["--mode", "server", "backup", "describe", "b1"]);
    assert.match(first.out, /Changes: +nothing to compare with/);
    assert.deepEqual(await world.list(downloadRequestKind), []);
  });

  it("passes over one that cannot be read, and says so", async () => {
    await take("b1", { names: ["kept"], day: 1 });
    await take("b2", { names: ["kept"], day: 2 });
    await take("b3", { names: ["kept"], day: 3 });
    await store.put(backupKeys("b2").manifest, Buffer.from("{"), { signal });
    const { out, err } = await world.ark(["--mode", "server", "backup", "describe", "b3"]);
    assert.match(out, /Changes: +since b1 of .* \(b2 cannot be read\): 1 unchanged\n/, err);
  });

  it("names the pods that may be frozen, by records that are still there", async () => {
    await take("b2", { names: ["kept"], day: 2, notes: { [annotations.owedThaws]: "1,3,x" } });
    await store.put(thawKey("uid-b2", 3), encodeThawRecord(thaw), { signal });
    const { status, out, err } = await world.ark(["--mode", "server", "backup", "describe", "b2"]);
    assert.equal(status, 0, err);
    assert.match(
      out,
      /May be frozen: +shop\/db-0, container main: fsfreeze -u \/data\n +since .*\n +exit code 32\n/,
    );
    assert.match(out, /to thaw them: ark-ts backup thaw b2 --mode standalone --storage-location/);
    const json = await world.ark(["--mode", "server", "backup", "describe", "b2", "-o", "json"]);
    assert.equal(JSON.parse(json.out).mayBeFrozen[0].pod, "db-0");
  });
});

describe("a Backup that ends with post hooks unpaid", () => {
  it("says which records tell of them", async () => {
    const controlled = await createWorld({
      api: {
        containers: ({ command: [word] }, session) => session.exit(word === "thaw" ? 32 : 0),
      },
    });
    controlled.server.seed({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "db", namespace: "shop", annotations: freezeAndThaw },
      spec: { containers: [{ name: "main" }] },
      status: { phase: "Running" },
    });
    await controlled.start(createBackupController);
    const spec = { includedNamespaces: ["shop"] };
    const { metadata } = await controlled.create(backupKind, "b1", { spec });
    await hasPhase(controlled, "b1", "PartiallyFailed");
    const ended = await controlled.demand(backupKind, "b1");
    assert.equal(ended.metadata.annotations?.[annotations.owedThaws], "1");
    assert.ok(
      controlled
        .store("default")
        .keys()
        .includes(thawKey(metadata.uid ?? "", 1)),
    );
    await controlled.create(backupKind, "b2", { spec: { includedNamespaces: ["web"] } });
    await hasPhase(controlled, "b2", "Completed");
    const other = await controlled.demand(backupKind, "b2");
    assert.equal(other.metadata.annotations?.[annotations.owedThaws], undefined);
    await controlled.stop();
  });
});
