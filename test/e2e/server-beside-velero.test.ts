/** A Velero server and an ark-ts server at work in one cluster, on one bucket, and what each leaves alone. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { mapConcurrently } from "../../src/lib/concurrency.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { type HttpFront, s3Error, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { startVelero, type Velero } from "../testbed/velero.ts";
import { waitFor } from "../testbed/wait.ts";

interface Resource {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager: string }[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

const kindsPath = (namespace: string) => `/apis/velero.io/v1/namespaces/${namespace}`;
const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const [ours, theirs] = [kindsPath("ark-ts"), kindsPath("velero")];
const withinMs = { timeoutMs: 240_000 };
const kinds = [
  ...["backups", "restores", "schedules", "backupstoragelocations", "deletebackuprequests"],
  ...["downloadrequests", "serverstatusrequests"],
];
/** Pairs of runs that are begun at once. */
const pairs = 2;

describe("beside Velero 1.18.3", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let client: KubeClient;
  let ark: Ark;
  let velero: Velero | undefined;
  let server: ArkServer;
  /** Between the ark-ts server and the store. */
  let front: HttpFront;
  const bucket = uniqueBucket("beside");

  before(async () => {
    [plane, minio] = await Promise.all([startControlPlane(), sharedMinio()]);
    await minio.createBucket(bucket);
    client = connectKube(plane.kubeconfig);
    front = await startHttpFront(minio.endpoint);
    ark = createArk(plane.kubeconfig);
    velero = await startVelero(plane, minio, { bucket });
    await ark.ok("install", "--image", "testbed.local/ark-ts:1");
    await post("/api/v1/namespaces", { metadata: { name: "shop" } });
    for (const name of ["one", "two"]) {
      await post("/api/v1/namespaces/shop/configmaps", { metadata: { name }, data: { name } });
    }
    const cloud = `[default]\naws_access_key_id=${minio.accessKeyId}\naws_secret_access_key=${minio.secretAccessKey}\n`;
    const secret = { metadata: { name: "minio" }, stringData: { cloud } };
    await post("/api/v1/namespaces/ark-ts/secrets", secret);
    server = startArkServer(ark, plane.kubeconfig, "--garbage-collection-frequency", "1s");
    await server.ready("leading");
    await post(`${ours}/backupstoragelocations`, {
      ...{ apiVersion: "velero.io/v1", kind: "BackupStorageLocation", metadata: { name: "main" } },
      spec: {
        ...{ provider: "aws", objectStorage: { bucket }, backupSyncPeriod: "1s", default: true },
        config: { s3Url: front.endpoint, region: minio.region, s3ForcePathStyle: "true" },
        credential: { name: "minio", key: "cloud" },
      },
    });
    await isThere(`${ours}/backupstoragelocations/main`, "Available");
  });
  after(async () => {
    server?.kill("SIGKILL");
    await server?.ended;
    await velero?.stop();
    ark?.remove();
    await front?.close();
    await client?.close();
    await plane?.stop();
  });

  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const read = async (path: string): Promise<Resource | undefined> => {
    const body = await client.get(path);
    return body && (JSON.parse(body.toString()) as Resource);
  };
  const list = async (path: string): Promise<readonly Resource[]> => {
    const body = await client.demand("GET", path);
    return (JSON.parse(body.toString()) as { readonly items: readonly Resource[] }).items;
  };
  /** In the phase, if one is said. */
  const isThere = (path: string, phase?: string) =>
    waitFor(
      `${path} ${phase ?? ""}`,
      async () => {
        const found = await read(path);
        return found !== undefined && (phase ?? found.status?.["phase"]) === found.status?.["phase"]
          ? found
          : undefined;
      },
      withinMs,
    );
  const isGone = (path: string) =>
    waitFor(`${path} to be gone`, async () => (await read(path)) === undefined, withinMs);
  const shopIn = async (namespace: string): Promise<readonly unknown[]> => {
    const maps = await list(`/api/v1/namespaces/${namespace}/configmaps`);
    return maps.flatMap(({ metadata: { name }, data }) =>
      name === "kube-root-ca.crt" ? [] : [{ name, data }],
    );
  };
  const toVelero = (...args: readonly string[]): Promise<string> =>
    velero?.ok(...args) ?? assert.fail("there is no Velero now");
  /** The `velero` command with the ark-ts server behind it. */
  const toArk = (...args: readonly string[]) => toVelero(...args, "--namespace", "ark-ts");
  const shop = ["--include-namespaces", "shop"] as const;

  it("each sees what the other backs up, and restores it", async () => {
    await Promise.all([
      toVelero("backup", "create", "from-velero", ...shop, "--wait"),
      toArk("backup", "create", "from-ark", ...shop, "--wait"),
    ]);
    await isThere(`${ours}/backups/from-velero`, "Completed");
    await velero?.sync();
    await isThere(`${theirs}/backups/from-ark`, "Completed");
    const mapped = (namespace: string) => ["--namespace-mappings", `shop:${namespace}`, "--wait"];
    const restored = await Promise.all([
      toVelero("restore", "create", "v", "--from-backup", "from-ark", ...mapped("shop-v")),
      toArk("restore", "create", "a", "--from-backup", "from-velero", ...mapped("shop-a")),
    ]);
    for (const text of restored) assert.match(text, /Restore completed with status: Completed/);
    const expected = await shopIn("shop");
    assert.equal(expected.length, 2);
    assert.deepEqual(await shopIn("shop-v"), expected);
    assert.deepEqual(await shopIn("shop-a"), expected);
  });

  it("both work at once, and neither writes to what is the other's", async (t) => {
    const numbers = Array.from({ length: pairs }, (_, at) => at);
    await toVelero("schedule", "create", "daily", "--schedule", "@every 24h", ...shop);
    await toArk("schedule", "create", "daily", "--schedule", "@every 24h", ...shop);
    await mapConcurrently(numbers, pairs, async (at) => {
      const mapped = ["--namespace-mappings", `shop:shop-${at}`];
      await Promise.all([
        toVelero("backup", "create", `v${at}`, ...shop),
        toArk("backup", "create", `a${at}`, ...shop),
        toVelero("restore", "create", `v${at}`, "--from-backup", "from-velero", ...mapped),
        toArk("restore", "create", `a${at}`, "--from-backup", "from-ark", ...mapped),
      ]);
    });
    for (const at of numbers) {
      for (const kind of ["backups", "restores"]) {
        await isThere(`${theirs}/${kind}/v${at}`, "Completed");
        await isThere(`${ours}/${kind}/a${at}`, "Completed");
      }
      assert.equal((await shopIn(`shop-${at}`)).length, 2);
    }
    await isThere(`${theirs}/schedules/daily`, "Enabled");
    await isThere(`${ours}/schedules/daily`, "Enabled");
    await toVelero("version");
    await toArk("version");
    await toVelero("backup", "logs", "v0");
    await toArk("backup", "logs", "a0");
    const writers = async (path: string): Promise<readonly string[]> => {
      const all = await mapConcurrently(kinds, 4, (kind) => list(`${path}/${kind}`));
      const managers = all.flat().flatMap(({ metadata }) => metadata.managedFields ?? []);
      return [...new Set(managers.map(({ manager }) => manager))].sort();
    };
    // `velero` is the command; `unknown` is this test, `undici` by another name.
    const [here, there] = [await writers(ours), await writers(theirs)];
    t.diagnostic(`written by: ${here} in ark-ts; ${there} in velero`);
    assert.ok(here.includes("ark-ts") && !here.includes("velero-server"), `${here}`);
    assert.ok(there.includes("velero-server") && !there.includes("ark-ts"), `${there}`);
    const leases = await list("/apis/coordination.k8s.io/v1/leases");
    const servers = leases.filter(({ metadata }) => /ark|velero/.test(metadata.name));
    assert.equal(servers.length, 1, JSON.stringify(servers.map(({ metadata }) => metadata.name)));
    assert.deepEqual(
      (await list("/apis/coordination.k8s.io/v1/namespaces/velero/leases")).length,
      0,
    );
  });

  it("what has expired goes where it is one's own; Velero's stays until Velero takes it", async () => {
    await toVelero("backup", "create", "old-velero", ...shop, "--ttl", "1s", "--wait");
    await toArk("backup", "create", "old-ark", ...shop, "--ttl", "1s", "--wait");
    await isGone(`${ours}/backups/old-ark`);
    const labelled = async () => {
      const found = await read(`${ours}/backups/old-velero`);
      return found?.metadata.labels?.["velero.io/gc-failure"];
    };
    const isForeign = async () => (await labelled()) === "OtherCluster";
    await waitFor("old-velero to be called another cluster's", isForeign, withinMs);
    await isThere(`${theirs}/backups/old-velero`, "Completed");
    await velero?.sync();
    await isGone(`${theirs}/backups/old-velero`);
    await isGone(`${ours}/backups/old-velero`);
    assert.ok(await read(`${ours}/backups/from-velero`));
  });

  it("what one deletes the other forgets, and nothing else", async () => {
    await toArk("backup", "delete", "v0", "--confirm");
    await toVelero("backup", "delete", "a0", "--confirm");
    for (const path of [`${ours}/backups/v0`, `${ours}/backups/a0`]) await isGone(path);
    await velero?.sync();
    for (const path of [`${theirs}/backups/v0`, `${theirs}/backups/a0`]) await isGone(path);
    for (const name of ["v1", "a1", "from-velero", "from-ark"]) {
      assert.ok(await read(`${ours}/backups/${name}`), name);
      assert.ok(await read(`${theirs}/backups/${name}`), name);
    }
    assert.ok(await read(`${ours}/restores/a0`));
    assert.ok(await read(`${theirs}/restores/v0`));
  });

  /** All of the installation that are no objects of velero.io, with their uids. */
  const installation = async (): Promise<ReadonlyMap<string, string>> => {
    const folders = [
      ...["/api/v1/namespaces/ark-ts/serviceaccounts", "/api/v1/namespaces/ark-ts/secrets"],
      "/apis/apps/v1/namespaces/ark-ts/deployments",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/ark-ts/rolebindings",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    ];
    const all = await mapConcurrently(folders, 4, async (folder) =>
      (await list(folder)).map(
        ({ metadata }) => [`${folder}/${metadata.name}`, metadata.uid] as const,
      ),
    );
    return new Map(all.flat().filter(([path]) => !path.includes("velero")));
  };

  it("outlives a real velero uninstall that takes the kinds: all that is kept comes back", async (t) => {
    const before = await installation();
    assert.ok(before.has("/apis/apps/v1/namespaces/ark-ts/deployments/ark-ts"));
    const spec = (await read(`${ours}/schedules/daily`))?.spec;
    let held = 0;
    front.answer = ({ method, url }) => {
      if (method === "GET" || !decodeURIComponent(url).includes("/held.tar.gz")) return undefined;
      held += 1;
      return s3Error(503, "SlowDown");
    };
    await toArk("backup", "create", "held", ...shop);
    await waitFor("held to be written", () => held > 0, withinMs);
    const interrupted = await isThere(`${ours}/backups/held`, "InProgress");
    await isThere("/api/v1/namespaces/ark-ts/configmaps/ark-ts-copy-schedules-daily");
    await isThere("/api/v1/namespaces/ark-ts/configmaps/ark-ts-copy-backups-held");
    const said = await toVelero("uninstall", "--force");
    assert.match(said, /Velero uninstalled/);
    await velero?.stop();
    velero = undefined;
    assert.equal(await read("/api/v1/namespaces/velero"), undefined);
    await isGone(`${definitionsPath}/schedules.velero.io`);
    const isSaid = async () => {
      const page = await server.page("/readyz");
      return page?.status === 503 && page.body.includes("schedules.velero.io") && page.body;
    };
    t.diagnostic(await waitFor("the server to say so", isSaid, withinMs));
    front.answer = () => undefined;
    await ark.ok("install", "--crds-only");
    await isThere(`${ours}/backupstoragelocations/main`, "Available");
    assert.deepEqual((await isThere(`${ours}/schedules/daily`, "Enabled")).spec, spec);
    for (const name of ["from-ark", "from-velero", "a1", "v1"]) {
      await isThere(`${ours}/backups/${name}`, "Completed");
    }
    const again = await isThere(`${ours}/backups/held`, "Completed");
    t.diagnostic(
      `the uid of held ${again.metadata.uid === interrupted.metadata.uid ? "stays" : "is new"}`,
    );
    assert.deepEqual(await installation(), before);
    assert.match(
      await ark.ok("install", "--image", "testbed.local/ark-ts:1"),
      /ClusterRole ark-ts +left alone/,
    );
  });

  it("loses nothing to a velero uninstall where the kinds are those of ark-ts", async () => {
    velero = await startVelero(plane, minio, { bucket });
    const names = ["daily"];
    const before = await list(`${ours}/schedules`);
    assert.deepEqual(
      before.map(({ metadata }) => metadata.name),
      names,
    );
    const definitions = await list(definitionsPath);
    await toVelero("uninstall", "--force");
    await velero.stop();
    velero = undefined;
    assert.equal(await read("/api/v1/namespaces/velero"), undefined);
    const uids = (all: readonly Resource[]) => all.map(({ metadata }) => metadata.uid);
    assert.deepEqual(uids(await list(definitionsPath)), uids(definitions));
    assert.deepEqual(uids(await list(`${ours}/schedules`)), uids(before));
    await server.ready("leading");
  });

  it("ark-ts uninstall takes nothing that is Velero's: its server goes on", async () => {
    velero = await startVelero(plane, minio, { bucket });
    await toVelero("schedule", "create", "daily", "--schedule", "@every 24h", ...shop);
    await velero.sync();
    const before = await list(`${theirs}/backups`);
    server.kill("SIGTERM");
    await server.ended;
    const said = await ark.ok("uninstall", "--confirm");
    assert.match(said, /the kinds of velero\.io stay/);
    assert.equal(await read("/apis/apps/v1/namespaces/ark-ts/deployments/ark-ts"), undefined);
    assert.deepEqual(await list(`${ours}/backups`), []);
    assert.deepEqual(
      (await list(`${theirs}/backups`)).map(({ metadata }) => metadata.name),
      before.map(({ metadata }) => metadata.name),
    );
    assert.ok(before.some(({ metadata }) => metadata.name === "from-ark"));
    const made = await toVelero("backup", "create", "afterwards", ...shop, "--wait");
    assert.match(made, /Backup completed with status: Completed/);
    const mapped = ["--namespace-mappings", "shop:shop-afterwards", "--wait"];
    const restored = await toVelero("restore", "create", "--from-backup", "from-ark", ...mapped);
    assert.match(restored, /Restore completed with status: Completed/);
    assert.equal((await shopIn("shop-afterwards")).length, 2);
    await isThere(`${theirs}/schedules/daily`, "Enabled");
  });
});
