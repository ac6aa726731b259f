import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupStorageLocation } from "../../src/api/backup-storage-location.ts";
import { ArkError, hasCode } from "../../src/lib/errors.ts";
import { createCredentialFiles } from "../../src/server/credential-files.ts";
import { createLocationStores } from "../../src/server/location-stores.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { plainAccess } from "../support/plain-access.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const signal = new AbortController().signal;

describe("stores of locations", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ark-stores-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const world = () => {
    const clock = createVirtualClock({ jump: true });
    const server = createApiServer({ clock });
    const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
    const lost = new AbortController();
    const logged: string[] = [];
    const log = { write: (...line: readonly unknown[]) => void logged.push(JSON.stringify(line)) };
    const credentials = createCredentialFiles(folder);
    const stores = createLocationStores({
      cluster,
      namespace: "ark-ts",
      credentials,
      term: { lost: lost.signal, fence: () => lost.signal.throwIfAborted() },
      plugin: { env: {}, homeDirectory: folder, clock, log },
    });
    const secret = (name: string, text: string) =>
      server.seed({
        kind: "Secret",
        apiVersion: "v1",
        metadata: { name, namespace: "ark-ts" },
        data: { cloud: Buffer.from(text).toString("base64") },
      });
    return { stores, credentials, secret, lost, logged };
  };
  const location = (spec: Partial<BackupStorageLocation["spec"]> = {}): BackupStorageLocation => ({
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name: "main", namespace: "ark-ts" },
    spec: {
      provider: "aws",
      objectStorage: { bucket: "backups" },
      config: { region: "us-east-1" },
      ...spec,
    },
  });
  const inDirectory = (spec: Partial<BackupStorageLocation["spec"]> = {}) =>
    location({
      provider: "directory",
      objectStorage: { bucket: join(folder, "bucket") },
      config: {},
      ...spec,
    });
  const refused = (work: Promise<unknown>, pattern: RegExp) =>
    assert.rejects(
      work,
      (error) => hasCode(error, "ARK_CONFIG_INVALID") && pattern.test(error.message),
    );
  const written = (): readonly string[] => {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  };

  it("open once for each content of a location", async () => {
    const { stores } = world();
    const first = await stores.open(location(), signal);
    assert.equal(await stores.open(location(), signal), first);
    const other = await stores.open(location({ objectStorage: { bucket: "other" } }), signal);
    assert.notEqual(other, first);
    await stores.close();
  });

  it("take credentials from the location's Secret, and newer ones without opening anew", async () => {
    const { stores, credentials, secret, logged } = world();
    secret("minio", "[default]\naws_secret_access_key=planted-one\n");
    const credential = { name: "minio", key: "cloud" };
    const store = await stores.open(location({ credential }), signal);
    const [path = ""] = written();
    assert.match(readFileSync(path, "utf8"), /planted-one/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    secret("minio", "[default]\naws_secret_access_key=planted-two\n");
    assert.equal(await stores.open(location({ credential }), signal), store);
    assert.deepEqual(written(), [path]);
    assert.match(readFileSync(path, "utf8"), /planted-two/);
    await stores.close();
    await credentials.close();
    assert.deepEqual(written(), []);
    assert.ok(!logged.join("").includes("planted"));
  });

  it("say which Secret, or which key of it, is missing, unless it is optional", async () => {
    const { stores, secret } = world();
    const missing = { credential: { name: "none", key: "cloud" } };
    await refused(
      stores.open(location(missing), signal),
      /^credential names Secret "none" in namespace "ark-ts", which does not exist$/,
    );
    secret("minio", "x");
    const noKey = { credential: { name: "minio", key: "other" } };
    await refused(stores.open(location(noKey), signal), /which has no key "other"$/);
    const optional = { credential: { ...missing.credential, optional: true } };
    await stores.open(location(optional), signal);
    assert.deepEqual(written(), []);
    await stores.close();
  });

  it("refuse caCert together with caCertRef", async () => {
    const { stores } = world();
    const objectStorage = {
      bucket: "backups",
      caCert: Buffer.from("pem").toString("base64"),
      caCertRef: { name: "ca", key: "ca.crt" },
    };
    await refused(stores.open(location({ objectStorage }), signal), /caCertRef exclude each other/);
  });

  it("refuse what the provider does not know, by name", async () => {
    const { stores } = world();
    await refused(stores.open(location({ config: { regoin: "x" } }), signal), /regoin/);
    await refused(stores.open(location({ provider: "floppy" }), signal), /floppy/);
  });

  it("write as long as the term lasts, and read after it", async () => {
    const { stores, lost } = world();
    const store = await stores.open(inDirectory(), signal);
    await store.put("backups/a", Buffer.from("1"), { signal });
    lost.abort(new ArkError("ARK_LEADERSHIP_LOST", "over", { disposition: "retry" }));
    const writing = store.put("backups/b", Buffer.from("2"), { signal });
    await assert.rejects(writing, (error) => hasCode(error, "ARK_LEADERSHIP_LOST"));
    assert.equal((await store.head("backups/a", { signal }))?.sizeBytes, 1);
    assert.equal(await store.head("backups/b", { signal }), undefined);
    await stores.close();
  });

  it("never write to a location that is read-only", async () => {
    const { stores } = world();
    const store = await stores.open(inDirectory({ accessMode: "ReadOnly" }), signal);
    const writing = store.put("backups/a", Buffer.from("1"), { signal });
    await assert.rejects(writing, (error) => hasCode(error, "ARK_STORE_READ_ONLY"));
    await stores.close();
  });
});
