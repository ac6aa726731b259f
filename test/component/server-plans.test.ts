/** Plans where a server does the work: made by the command itself, which writes nothing. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { backupKind } from "../../src/api/backup.ts";
import { restoreKind } from "../../src/api/restore.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";

const withoutLocation = { spec: {}, status: { phase: "New" } };
const shop = ["--include-namespaces", "shop"];
const from = ["restore", "plan", "--from-backup"];

describe("plans with a server", () => {
  let world: CommandWorld;
  let mayRead = true;
  const asked: string[] = [];
  beforeEach(async () => {
    mayRead = true;
    asked.length = 0;
    world = await commandWorld({
      authorise: ({ verb, resource, name }) => {
        if (resource === "secrets") asked.push(`${verb} ${name}`);
        return mayRead || resource !== "secrets" || name !== "cloud";
      },
    });
    const { api } = world;
    api.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    for (const name of ["a", "b", "c"]) seedSettings(name, "1");
  });
  afterEach(() => world.close());

  const seedSettings = (name: string, value: string) =>
    void world.api.seed({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "shop" },
      data: { value },
    });

  /** A backup `nightly` that a server has made in location `vault`, whose Secret is `cloud`. */
  async function seedBackup(): Promise<void> {
    const bucket = join(world.home, "bucket");
    mkdirSync(bucket);
    const made = await world.ark([
      ...["backup", "create", "nightly", ...shop],
      ...["--mode", "standalone", "--storage-location", `file://${bucket}`],
    ]);
    assert.equal(made.status, 0, made.err);
    const data = { key: Buffer.from("x").toString("base64") };
    const metadata = { name: "cloud", namespace: "ark-ts" };
    world.api.seed({ apiVersion: "v1", kind: "Secret", metadata, data });
    world.seed("BackupStorageLocation", "vault", {
      spec: {
        provider: "directory",
        objectStorage: { bucket, caCertRef: { name: "cloud", key: "key" } },
      },
    });
    world.seed("Backup", "nightly", {
      spec: { storageLocation: "vault" },
      status: { phase: "Completed" },
    });
  }

  it("backup plan is made here, with the same flags, and asks the server for nothing", async () => {
    const words = ["backup", "plan", "nightly", ...shop, "--storage-location", "vault"];
    const { status, out, err } = await world.ark([...words, "--labels", "a=b"]);
    assert.equal(status, 0, err);
    assert.match(err, /^server: ark-ts-0 leads in namespace ark-ts of context x$/m);
    assert.match(out, /^plan nightly: \d+ objects, .* nothing was written\n/);
    assert.match(out, /\nconfigmaps +shop +3 /);
    assert.match(
      out,
      /\nseen with your own rights; the server looks for itself, with its own: ark-ts backup create nightly, with the same flags\n$/,
    );
    assert.deepEqual(await world.list(backupKind), []);
    const json = await world.ark([...words, "--labels", "a=b", "-o", "json"]);
    const { backup } = JSON.parse(json.out);
    assert.deepEqual([backup.spec.storageLocation, backup.labels], ["vault", { a: "b" }]);
  });

  it("backup plan refuses what backup create refuses in server mode", async () => {
    const url = await world.ark(["backup", "plan", "b", "--storage-location", "s3://x/y"]);
    assert.equal(url.status, 2);
    assert.match(url.err, /a server knows its locations by name/);
    const file = await world.ark(["backup", "plan", "b", "--resource-policies-file", "p.yaml"]);
    assert.equal(file.status, 2);
    assert.match(file.err, /kubectl -n ark-ts create configmap NAME --from-file=p\.yaml/);
  });

  it("restore plan finds the backup where the server has it, by the location's Secret, and writes nothing", async () => {
    await seedBackup();
    seedSettings("a", "2");
    const policy = ["--existing-resource-policy", "update"];
    const before = filesOf(join(world.home, "bucket"));
    const { status, out, err } = await world.ark([...from, "nightly", ...policy]);
    assert.equal(status, 0, err);
    assert.match(err, /^server: ark-ts-0 leads in namespace ark-ts of context x$/m);
    assert.match(
      err,
      /^reading location vault \(.*bucket\) from here, with credentials of this machine$/m,
    );
    assert.match(out, /shop\/a\b/);
    assert.match(
      out,
      /\nseen with your own rights; .*: ark-ts restore create, with the same flags\n/,
    );
    assert.doesNotMatch(out, /--plan/);
    assert.ok(asked.includes("get cloud"), asked.join());
    assert.deepEqual(await world.list(restoreKind), []);
    assert.deepEqual(filesOf(join(world.home, "bucket")), before);
  });

  it("restore plan asks a bucket with the credentials of the location's Secret", async () => {
    const keys = new Set<string>();
    const bucket = createServer(({ headers }, answer) => {
      keys.add(/Credential=(\w+)/.exec(headers.authorization ?? "")?.[1] ?? "none");
      answer.writeHead(403).end();
    });
    await new Promise<void>((resolve) => void bucket.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = bucket.address() as AddressInfo;
      const text = "[default]\naws_access_key_id=AKPLANTED\naws_secret_access_key=secret1\n";
      const data = { key: Buffer.from(text).toString("base64") };
      const metadata = { name: "cloud", namespace: "ark-ts" };
      world.api.seed({ apiVersion: "v1", kind: "Secret", metadata, data });
      world.seed("BackupStorageLocation", "vault", {
        spec: {
          provider: "aws",
          objectStorage: { bucket: "b" },
          config: { s3Url: `http://127.0.0.1:${port}`, region: "minio", s3ForcePathStyle: "true" },
          credential: { name: "cloud", key: "key" },
        },
      });
      world.seed("Backup", "nightly", { spec: { storageLocation: "vault" } });
      const { status, err } = await world.ark([...from, "nightly"]);
      assert.equal(status, 1, err);
      assert.match(err, /^reading location vault \(s3:\/\/b\) from here, with Secret cloud$/m);
      assert.deepEqual([...keys], ["AKPLANTED"], err);
      assert.doesNotMatch(err, /secret1/);
    } finally {
      await new Promise((resolve) => bucket.close(resolve));
    }
  });

  it("restore plan says which Secret may not be read, and what to do", async () => {
    await seedBackup();
    mayRead = false;
    const { status, err } = await world.ark([...from, "nightly"]);
    assert.equal(status, 1, err);
    assert.match(err, /you may not read the Secret of backup location vault in namespace ark-ts/);
    assert.match(err, /--mode standalone --store URL/);
  });

  it("restore plan tells a directory of the server's, a backup without location, and one that is not there", async () => {
    world.seed("BackupStorageLocation", "far", {
      spec: { provider: "directory", objectStorage: { bucket: "/nowhere/at/all" } },
    });
    world.seed("Backup", "away", {
      spec: { storageLocation: "far" },
      status: { phase: "Completed" },
    });
    world.seed("Backup", "new", withoutLocation);
    const away = await world.ark([...from, "away"]);
    assert.match(away.err, /location far is the directory "\/nowhere\/at\/all" of the server/);
    const fresh = await world.ark([...from, "new"]);
    assert.match(fresh.err, /backup "new" in namespace ark-ts of context x has no location yet/);
    const none = await world.ark([...from, "awai"]);
    assert.match(none.err, /there is no backup "awai" .*\n.*did you mean away\?/);
    assert.deepEqual([away.status, fresh.status, none.status], [1, 1, 1]);
    assert.equal(existsSync("/nowhere"), false);
  });
});

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}
