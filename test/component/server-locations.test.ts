/** Locations, versions and settings in server mode, over an API server in memory. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../src/api/backup-storage-location.ts";
import { serverStatusRequestKind } from "../../src/api/server-status-request.ts";
import { volumeSnapshotLocationKind } from "../../src/api/volume-snapshot-location.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";

let world: CommandWorld;
beforeEach(async () => {
  world = await commandWorld();
});
afterEach(() => world.close());

const pem = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n";

describe("ark-ts backup-location with a server", () => {
  it("create writes what was typed, from a URL or Velero's flags", async () => {
    writeFileSync(join(world.home, "ca.pem"), pem);
    const byUrl = await world.ark([
      ...["backup-location", "create", "prod", "s3://backups/a/b", "--config", "region=eu"],
      ...["--credential", "bucket=cloud", "--cacert", "ca.pem", "--default"],
      ...["--backup-sync-period", "2m", "--labels", "a=b"],
    ]);
    assert.equal(byUrl.status, 0, byUrl.err);
    const made = await world.read(backupStorageLocationKind, "prod");
    assert.deepEqual(made?.spec, {
      provider: "aws",
      objectStorage: {
        bucket: "backups",
        prefix: "a/b",
        caCert: Buffer.from(pem).toString("base64"),
      },
      config: { region: "eu" },
      credential: { name: "bucket", key: "cloud" },
      default: true,
      accessMode: "ReadWrite",
      backupSyncPeriod: "2m0s",
    });
    assert.deepEqual(made?.metadata.labels, { a: "b" });
    const byFlags = await world.ark([
      ...["backup-location", "create", "vault", "--provider", "aws", "--bucket", "vault"],
      ...["--access-mode", "ReadOnly"],
    ]);
    assert.equal(byFlags.status, 0, byFlags.err);
    const second = await world.ark(["backup-location", "create", "c", "s3://c", "--default"]);
    assert.equal(second.status, 2);
    assert.match(second.err, /--default: prod is the default already/);
  });

  it("a directory is refused: it would be one of the server's pod", async () => {
    const { status, err } = await world.ark(["backup-location", "create", "x", "file:///tmp/x"]);
    assert.equal(status, 2);
    assert.match(err, /a directory is no location for a server/);
  });

  it("get shows what the server has found out, and why one is unavailable", async () => {
    world.seed("BackupStorageLocation", "prod", {
      spec: { provider: "aws", objectStorage: { bucket: "b", prefix: "p" }, default: true },
      status: { phase: "Unavailable", message: "no such bucket" },
    });
    const { status, out, err } = await world.ark(["backup-location", "get"]);
    assert.equal(status, 0, err);
    assert.match(
      out,
      /^NAME +PROVIDER +BUCKET\/PREFIX +PHASE +LAST VALIDATED +ACCESS MODE +DEFAULT\n/,
    );
    assert.match(
      out,
      /\nprod +aws +b\/p +Unavailable +- +ReadWrite +true\n\n {2}prod: no such bucket\n$/,
    );
  });

  it("set changes only what is typed, certificates stay, and the old default steps back", async () => {
    const of = (isDefault: boolean) => ({
      spec: {
        provider: "aws",
        objectStorage: { bucket: "b", caCert: "Y2E=" },
        config: { region: "eu", profile: "old" },
        default: isDefault,
      },
    });
    world.seed("BackupStorageLocation", "one", of(true));
    world.seed("BackupStorageLocation", "two", of(false));
    const { status, out, err } = await world.ark([
      ...["backup-location", "set", "two", "--default", "--config", "region=us"],
      ...["--unset-config", "profile"],
    ]);
    assert.equal(status, 0, err);
    assert.equal(out, "backup location two: changed; one no longer is the default\n");
    const two = await world.read(backupStorageLocationKind, "two");
    assert.deepEqual(two?.spec, {
      provider: "aws",
      objectStorage: { bucket: "b", caCert: "Y2E=" },
      config: { region: "us" },
      default: true,
    });
    assert.equal((await world.read(backupStorageLocationKind, "one"))?.spec.default, false);
    const nothing = await world.ark(["backup-location", "set", "two"]);
    assert.match(nothing.err, /nothing is to be changed/);
    const moved = await world.ark(["backup-location", "set", "two", "s3://else"]);
    assert.match(moved.err, /the place of a server's location is not changed/);
  });

  it("delete takes the location and its Backups from the cluster, as Velero does", async () => {
    world.seed("BackupStorageLocation", "prod", {
      spec: { provider: "aws", objectStorage: { bucket: "b" } },
    });
    world.seed("Backup", "in", { metadata: { labels: { "velero.io/storage-location": "prod" } } });
    world.seed("Backup", "out", { metadata: { labels: { "velero.io/storage-location": "x" } } });
    const { status, out, err } = await world.ark([
      "backup-location",
      "delete",
      "prod",
      "--confirm",
    ]);
    assert.equal(status, 0, err);
    assert.match(out, /removed, and 1 Backup from the cluster; what is stored there stays/);
    assert.equal(await world.read(backupStorageLocationKind, "prod"), undefined);
    assert.deepEqual(
      (await world.list(backupKind)).map(({ metadata }) => metadata.name),
      ["out"],
    );
  });
});

describe("ark-ts snapshot-location", () => {
  it("makes, changes and lists them, and says what they are for", async () => {
    const create = ["snapshot-location", "create", "ebs", "--provider", "aws"];
    const made = await world.ark([...create, "--config", "region=eu"]);
    assert.equal(made.status, 0, made.err);
    assert.match(made.err, /made there by a plugin for its provider/);
    const set = await world.ark(["snapshot-location", "set", "ebs", "--credential", "s=k"]);
    assert.equal(set.status, 0, set.err);
    assert.deepEqual((await world.read(volumeSnapshotLocationKind, "ebs"))?.spec, {
      provider: "aws",
      config: { region: "eu" },
      credential: { name: "s", key: "k" },
    });
    const { out } = await world.ark(["snapshot-location", "get"]);
    assert.equal(out, "NAME   PROVIDER\nebs    aws\n");
  });
});

describe("what the server says of itself", () => {
  const answer = () =>
    world.serve(serverStatusRequestKind, ({ status }) =>
      status === undefined
        ? {
            status: {
              phase: "Processed",
              serverVersion: "v9.9.9",
              plugins: [
                { name: "velero.io/pod", kind: "BackupItemAction" },
                { name: "velero.io/aws", kind: "ObjectStore" },
                { name: "ark-ts.dev/x", kind: "BackupItemAction" },
              ],
            },
          }
        : undefined,
    );

  it("version prints both, and takes its request away", async () => {
    await answer();
    const { status, out, err } = await world.ark(["version"]);
    assert.equal(status, 0, err);
    assert.match(out, /^ark-ts \S+ .*\nserver v9\.9\.9 in namespace ark-ts\n$/);
    assert.deepEqual(await world.list(serverStatusRequestKind), []);
    const json = JSON.parse((await world.ark(["version", "-o", "json"])).out);
    assert.equal(json.server.version, "v9.9.9");
  });

  it("version prints its own half where the server is silent, and fails", async () => {
    const { status, out, err } = await world.ark(["version", "--timeout", "100ms"]);
    assert.equal(status, 1);
    assert.match(out, /^ark-ts /);
    assert.match(err, /no server in namespace ark-ts of context x has answered within 0\.1 s/);
    assert.deepEqual(await world.list(serverStatusRequestKind), []);
    const own = await world.ark(["version", "--client-only"]);
    assert.deepEqual([own.status, own.err], [0, ""]);
  });

  it("plugin get lists its plugins by kind and name", async () => {
    await answer();
    const { out, err } = await world.ark(["plugin", "get", "-o", "name"]);
    assert.equal(out, "ark-ts.dev/x\nvelero.io/pod\nvelero.io/aws\n", err);
  });
});

describe("settings of the client", () => {
  it("namespace is kept, and commands look there", async () => {
    const set = await world.ark(["client", "config", "set", "namespace=velero"]);
    assert.equal(set.status, 0, set.err);
    assert.equal((await world.ark(["client", "config", "get"])).out, "namespace: velero\n");
    const { err } = await world.ark(["backup", "get", "--mode", "server"]);
    assert.match(err, /server: as --mode says; namespace velero/);
    await world.ark(["client", "config", "set", "namespace="]);
    assert.equal((await world.ark(["client", "config", "get"])).out, "namespace: <NOT SET>\n");
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ["features=EnableCSI", /the setting features has no effect here/],
    ["colorized=false", /NO_COLOR/],
    ["other=1", /there is no setting "other"/],
    ["namespace=A B", /no namespace can have this name/],
    ["namespace", /is no setting/],
  ];
  for (const [typed, said] of refused) {
    it(`client config set ${typed} is refused with a reason`, async () => {
      const { status, err } = await world.ark(["client", "config", "set", typed]);
      assert.equal(status, 2);
      assert.match(err, said);
    });
  }

  it("mode set server is kept, and no Lease is looked for then", async () => {
    const other = await commandWorld({ lease: false });
    try {
      assert.match((await other.ark(["backup", "get"])).err, /^standalone: no ark-ts server/m);
      assert.equal((await other.ark(["mode", "set", "server"])).status, 0);
      assert.match((await other.ark(["backup", "get"])).err, /^server: kept for context x/m);
    } finally {
      await other.close();
    }
  });
});
