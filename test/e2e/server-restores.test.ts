/** Restores and deletions by the real velero command against an ark-ts server, API server and MinIO. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { mapConcurrently } from "../../src/lib/concurrency.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { openS3 } from "../support/s3-location.ts";
import { provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { createVeleroCommand, type VeleroCommand } from "../support/velero-command.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { waitFor } from "../testbed/wait.ts";

const velerosKinds = "/apis/velero.io/v1/namespaces/ark-ts";
const objects = 25;
/** So many that a restore of them can be met at work. */
const manyObjects = 800;

interface LiveRestore {
  readonly metadata: {
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly backupName?: string };
  readonly status?: { readonly phase?: string; readonly progress?: object };
}

describe("velero restore against an ark-ts server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let client: KubeClient;
  let ark: Ark;
  let command: VeleroCommand;
  const bucket = uniqueBucket("server-restores");
  const servers: ArkServer[] = [];

  before(async () => {
    const [started, store, binary] = await Promise.all([
      startControlPlane(),
      sharedMinio(),
      ensureBinary("velero"),
    ]);
    [plane, minio] = [started, store];
    client = connectKube(plane.kubeconfig);
    const { accessKeyId, secretAccessKey, endpoint: s3Url, region } = minio;
    ark = createArk(plane.kubeconfig, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    const explain = () => servers.at(-1)?.printed() ?? "";
    command = createVeleroCommand(binary, plane.kubeconfig, ark, explain);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    for (let at = 0; at < objects; at += 1) {
      const body = { metadata: { name: `c${at}` }, data: { at: `${at}` } };
      await post("/api/v1/namespaces/shop/configmaps", body);
    }
    await post("/api/v1/namespaces", { metadata: { name: "big" } });
    const numbers = Array.from({ length: manyObjects }, (_, at) => at);
    await mapConcurrently(numbers, 32, async (at) => {
      const body = { metadata: { name: `c${at}` }, data: { at: `${at}` } };
      await post("/api/v1/namespaces/big/configmaps", body);
    });
    await provideBucket(client, minio, bucket);
    await post(`${velerosKinds}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name: "default" },
      spec: {
        provider: "aws",
        default: true,
        objectStorage: { bucket },
        config: { s3Url, region, s3ForcePathStyle: "true" },
        credential: { name: "minio", key: "cloud" },
      },
    });
    await start().ready("leading");
    await command.says("backup", "create", "b1", "--include-namespaces", "shop", "--wait");
    await command.says("backup", "create", "big", "--include-namespaces", "big", "--wait");
  });
  after(async () => {
    for (const server of servers) server.kill("SIGKILL");
    await Promise.all(servers.map(({ ended }) => ended));
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const start = (): ArkServer => {
    const server = startArkServer(ark, plane.kubeconfig);
    servers.push(server);
    return server;
  };
  const live = async (name: string): Promise<LiveRestore | undefined> => {
    const { status, body } = await client.send("GET", `${velerosKinds}/restores/${name}`);
    return status === 404 ? undefined : (JSON.parse(body.toString()) as LiveRestore);
  };
  const comesTo = (name: string, ...phases: readonly string[]) =>
    waitFor(
      `${name} to be ${phases}`,
      async () => {
        const found = await live(name);
        return phases.includes(found?.status?.phase ?? "") && found;
      },
      { timeoutMs: 240_000 },
    );
  const isGone = (kind: string, name: string) =>
    waitFor(
      `${kind} ${name} to be gone`,
      async () => (await client.send("GET", `${velerosKinds}/${kind}/${name}`)).status === 404,
      { timeoutMs: 240_000 },
    );
  const shopCopy = async (namespace: string): Promise<readonly string[]> => {
    const body = await client.demand("GET", `/api/v1/namespaces/${namespace}/configmaps`);
    const { items } = JSON.parse(body.toString()) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("c"));
  };

  const keysBelow = async (prefix: string): Promise<readonly string[]> => {
    const store = await openS3(minio, { bucket });
    const keys: string[] = [];
    try {
      for await (const { key } of store.list(prefix, { signal: new AbortController().signal })) {
        keys.push(key);
      }
    } finally {
      await store.close();
    }
    return keys;
  };

  it("create --wait, get, describe --details and logs tell what was restored", async () => {
    const mapped = ["--namespace-mappings", "shop:shop-copy"];
    const said = await command.says(
      "restore",
      "create",
      "r1",
      "--from-backup",
      "b1",
      ...mapped,
      "--wait",
    );
    assert.match(said, /Restore completed with status: Completed/);
    assert.equal((await shopCopy("shop-copy")).length, objects);
    assert.match(await command.says("restore", "get"), /r1 +b1 +Completed .* 0 +0 /);
    const described = await command.says("restore", "describe", "r1", "--details");
    assert.match(described, /Phase: +Completed/);
    assert.match(described, /Total items to be restored: +\d+/);
    assert.match(described, /Items restored: +\d+/);
    assert.match(
      described,
      /Excluded: +nodes, events, events\.events\.k8s\.io, backups\.velero\.io/,
    );
    assert.match(described, /Namespace mappings: +shop=shop-copy/);
    assert.match(described, /v1\/ConfigMap:\n +- shop-copy\/c0\(created\)/);
    assert.doesNotMatch(described, /<error|not found/i);
    assert.match(await command.says("restore", "logs", "r1"), /restore ended/);
  });

  it("again restores nothing twice, and says of each object that it was there", async () => {
    const mapped = ["--namespace-mappings", "shop:shop-copy"];
    await command.says("restore", "create", "r2", "--from-backup", "b1", ...mapped, "--wait");
    const described = await command.says("restore", "describe", "r2", "--details");
    assert.match(described, /Phase: +Completed/);
    assert.match(described, /shop-copy\/c0\(skipped\)/);
    assert.doesNotMatch(described, /\(created\)/);
  });

  it("create of what cannot be restored tells what is wrong", async () => {
    await command.says(
      "restore",
      "create",
      "bad",
      "--from-backup",
      "b1",
      "--include-resources",
      "nodes",
    );
    await comesTo("bad", "FailedValidation");
    const described = await command.says("restore", "describe", "bad");
    assert.match(described, /Validation errors: +resources: nodes are never restored/);
  });

  const restoreBig = (name: string, into: string, ...more: readonly string[]) =>
    command.says(
      ...["restore", "create", name, "--from-backup", "big"],
      ...["--namespace-mappings", `big:${into}`, ...more],
    );
  const isAtWork = (into: string) =>
    waitFor(
      `objects in ${into}`,
      async () => {
        const path = `/api/v1/namespaces/${into}/configmaps/c1`;
        return (await client.send("GET", path)).status === 200;
      },
      { timeoutMs: 240_000, everyMs: 20 },
    );

  it("goes on with the next server when the first is killed in mid-restore", async () => {
    const created = restoreBig("r3", "big-copy", "--wait");
    await isAtWork("big-copy");
    const leader = servers.at(-1);
    leader?.kill("SIGKILL");
    await leader?.ended;
    const cut = await live("r3");
    assert.equal(cut?.status?.phase, "InProgress");
    await start().ready("leading");
    assert.match(await created, /Restore completed with status: Completed/);
    assert.equal((await shopCopy("big-copy")).length, manyObjects);
    const done = await live("r3");
    assert.equal(done?.metadata.uid, cut.metadata.uid);
    // What is known to have been written: a second's worth may be missing.
    const before = Number(done?.metadata.annotations?.["ark-ts.dev/continued"] ?? "none");
    assert.ok(before >= 0 && before < manyObjects, `${before}`);
    const described = await command.says("restore", "describe", "r3", "--details");
    assert.equal(described.match(/big-copy\/c\d+\(created\)/g)?.length, manyObjects);
  });

  it("is cancelled in mid-restore by the annotation, and the next one runs", async () => {
    await restoreBig("r4", "big-cancelled");
    await isAtWork("big-cancelled");
    const patch = { metadata: { annotations: { "ark-ts.dev/cancel": "true" } } };
    const path = `${velerosKinds}/restores/r4`;
    await client.demand("PATCH", path, JSON.stringify(patch), "application/merge-patch+json");
    const { metadata } = await comesTo("r4", "Failed");
    assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    const made = (await shopCopy("big-cancelled")).length;
    assert.ok(made > 0 && made < manyObjects, `${made}`);
    const described = await command.says("restore", "describe", "r4", "--details");
    assert.match(described, /Phase: +Failed/);
    assert.equal(described.match(/big-cancelled\/c\d+\(created\)/g)?.length, made);
    assert.match(await command.says("restore", "logs", "r4"), /restore ended/);
    await command.says("restore", "create", "r5", "--from-backup", "b1", "--wait");
  });

  it("delete takes the restore and its files", async () => {
    await command.says("restore", "delete", "r2", "--confirm");
    await isGone("restores", "r2");
    const keys = await keysBelow("restores/r2/");
    assert.deepEqual(keys, []);
    assert.equal((await shopCopy("shop-copy")).length, objects);
  });

  it("backup delete takes the backup, its restores and all files, as soon as they are told to go", async () => {
    assert.match(
      await command.says("backup", "delete", "b1", "--confirm"),
      /submitted successfully/,
    );
    await isGone("backups", "b1");
    for (const name of ["r1", "r5"]) assert.equal(await live(name), undefined);
    await command.says("backup", "delete", "big", "--confirm");
    await isGone("backups", "big");
    for (const name of ["r3", "r4"]) assert.equal(await live(name), undefined);
    const keys = await keysBelow("");
    assert.deepEqual(keys, []);
    assert.equal((await shopCopy("shop")).length, objects);
  });

  it("backup delete of what is not there says so when asked", async () => {
    await post(`${velerosKinds}/deletebackuprequests`, {
      apiVersion: "velero.io/v1",
      kind: "DeleteBackupRequest",
      metadata: { name: "d1" },
      spec: { backupName: "nowhere" },
    });
    const status = await waitFor(
      "d1 to be processed",
      async () => {
        const body = await client.demand("GET", `${velerosKinds}/deletebackuprequests/d1`);
        const request = JSON.parse(body.toString()) as {
          readonly status?: { readonly phase?: string; readonly errors?: readonly string[] };
        };
        return request.status?.phase === "Processed" && request.status;
      },
      { timeoutMs: 240_000 },
    );
    assert.deepEqual(status.errors, ["backup not found"]);
  });
});
