/** A server that is killed over native snapshots: the next leader goes on, and none is made twice. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { createDiskVolumes, type DiskVolumes } from "../support/disk-volumes.ts";
import { createEbsClaims } from "../support/ebs-claims.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { killsAtAll } from "../support/failpoints.ts";
import { type HttpFront, type SeenRequest, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { type LossyProxy, startLossyProxy } from "../support/lossy-proxy.ts";
import { type MotoVolumes, openMotoVolumes } from "../support/moto-volumes.ts";
import { createServedLocation, provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { type Moto, startMoto } from "../testbed/moto.ts";
import { whyNoMoto } from "../testbed/moto-programs.ts";
import { waitFor } from "../testbed/wait.ts";

const skip = (await whyNoTestbed()) || ((await whyNoMoto()) ?? false);
const timeoutMs = 240_000;

/** The server is dead when this has been done, and nobody has told it so. */
interface Point {
  readonly name: string;
  /** A request to the bucket. */
  readonly store?: { readonly method: string; readonly path: RegExp };
  /** A request to EC2. */
  readonly ec2?: RegExp;
}

const everyPoint: readonly Point[] = [
  { name: "it is written that a snapshot is begun", store: put(/\/native-1$/) },
  { name: "EC2 has made one, which is not written", ec2: /Action=CreateSnapshot&/ },
  { name: "it is written that one is made", store: put(/\/native-3$/) },
  {
    name: "EC2 has told that one is not finished",
    ec2: /Action=DescribeSnapshots&/,
  },
  { name: "the list of snapshots stands", store: put(/-volumesnapshots\.json\.gz$/) },
  { name: "the backup is sealed", store: put(/\/velero-backup\.json$/) },
  {
    name: "the first of its records is removed",
    store: { method: "DELETE", path: /\/native-\d+$/ },
  },
];

/** Without ARK_KILL_HITS=all every other one. */
const points = everyPoint.filter((_, at) => killsAtAll || at % 2 === 1);

function put(path: RegExp) {
  return { method: "PUT", path };
}

describe("native snapshots of a server that is killed", { skip }, () => {
  const root = mkdtempSync(join(tmpdir(), "ark-native-killed-"));
  const folder = join(root, "plugins");
  const bucket = uniqueBucket("native-killed");
  const servers: ArkServer[] = [];
  let plane: ControlPlane;
  let minio: MinioAccess;
  let store: HttpFront;
  let moto: Moto;
  let ec2: LossyProxy;
  let volumes: MotoVolumes;
  let disks: DiskVolumes;
  let client: KubeClient;
  let ark: Ark;
  let ids: readonly string[];
  let leader: ArkServer;

  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const start = (): ArkServer => {
    const env = { AWS_ENDPOINT_URL_EC2: ec2.endpoint };
    const server = startArkServer(
      { home: ark.home, env },
      plane.kubeconfig,
      "--plugin-dir",
      folder,
    );
    servers.push(server);
    return server;
  };
  const backups = "/apis/velero.io/v1/namespaces/ark-ts/backups";
  const phaseOf = async (name: string): Promise<string> => {
    const body = await client.get(`${backups}/${name}`);
    const { status } = JSON.parse(body?.toString() ?? "{}") as { status?: { phase?: string } };
    return status?.phase ?? "none";
  };
  const keysBelow = async (prefix: string): Promise<readonly string[]> => {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix });
    const { Contents = [] } = await minio.createClient().send(command);
    return Contents.map(({ Key = "" }) => Key);
  };
  const snapshotsOf = async (): Promise<readonly number[]> =>
    await Promise.all(ids.map(async (id) => (await volumes.snapshotsOf(id)).length));

  /** The server dies as soon as what it asked for at the point is done. */
  const killAt = ({ store: at, ec2: asked }: Point, server: ArkServer): void => {
    if (asked !== undefined) ec2.lose(asked, () => server.kill("SIGKILL"));
    if (at === undefined) return;
    let hit: SeenRequest | undefined;
    store.spoil = (request) => {
      const path = decodeURIComponent(request.url.split("?")[0] ?? "");
      if (hit === undefined && request.method === at.method && at.path.test(path)) hit = request;
      return hit === undefined ? "pass" : "hang";
    };
    store.onAnswer = ({ method, url }) => {
      if (method === hit?.method && url === hit.url) server.kill("SIGKILL");
    };
  };
  const nothingSpoiled = (): void => {
    store.spoil = () => "pass";
    store.onAnswer = undefined;
  };
  /** Kills the leader over a backup of the namespace, and waits for what the next one makes of it. */
  const killOver = async (
    name: string,
    namespace: string,
    arm: (server: ArkServer) => void,
  ): Promise<string> => {
    const next = start();
    await next.ready("standing by");
    arm(leader);
    const spec = { includedNamespaces: [namespace], storageLocation: "default" };
    await post(backups, { apiVersion: "velero.io/v1", kind: "Backup", metadata: { name }, spec });
    assert.equal(await leader.ended, undefined, leader.printed());
    nothingSpoiled();
    leader = next;
    await waitFor(
      `backup ${name} to end`,
      async () => /^(Completed|PartiallyFailed|Failed)$/.test(await phaseOf(name)),
      { timeoutMs },
    );
    await waitFor(
      "the records of its run to be gone",
      async () => (await keysBelow("metadata/ark-ts/runs/")).length === 0,
      { timeoutMs },
    );
    return await phaseOf(name);
  };

  before(async () => {
    mkdirSync(folder);
    await buildPlugin("disks", folder);
    moto = await startMoto();
    ec2 = await startLossyProxy(moto.endpoint);
    volumes = openMotoVolumes(moto);
    minio = await sharedMinio();
    store = await startHttpFront(minio.endpoint);
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop", "plain"]) {
      await post("/api/v1/namespaces", { metadata: { name } });
    }
    await provideBucket(client, minio, bucket);
    const cloud = "[default]\naws_access_key_id=AKIAMOTO\naws_secret_access_key=moto\n";
    const secret = { metadata: { name: "ebs" }, stringData: { cloud } };
    await post("/api/v1/namespaces/ark-ts/secrets", secret);
    leader = start();
    await leader.ready("leading");
    await ark.ok("mode", "set", "server");
    await createServedLocation(ark, { ...minio, endpoint: store.endpoint }, bucket);
    const config = ["--config", `region=${moto.region}`, "--credential", "ebs=cloud"];
    await ark.ok("snapshot-location", "create", "ebs", "--provider", "aws", ...config);
    const storage = join(root, "storage");
    const own = ["--provider", "example.io/disks", "--config", `folder=${storage}`];
    await ark.ok("snapshot-location", "create", "disks", ...own);
    const claims = createEbsClaims(client, volumes);
    ids = [await claims.make("one"), await claims.make("two")];
    disks = createDiskVolumes(client, storage);
    await disks.makeVolume("three", "plain");
  });
  after(async () => {
    for (const server of servers) server.kill("SIGKILL");
    await Promise.all(servers.map(({ ended }) => ended));
    ark?.remove();
    await client?.close();
    await plane?.stop();
    volumes?.close();
    await ec2?.stop();
    await store?.close();
    await moto?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  for (const [at, point] of points.entries()) {
    it(`when ${point.name}: one of each volume, and none when the backup is deleted`, async () => {
      const name = `b${at}`;
      ec2.change(/Action=CreateSnapshot&/, isPending, 2);
      const phase = await killOver(name, "shop", (server) => killAt(point, server));
      ec2.changeNoMore();
      assert.equal(phase, "Completed", leader.printed());
      assert.deepEqual(await snapshotsOf(), [1, 1]);
      const described = await ark.ok("backup", "describe", name);
      assert.match(described, /2 protected/);
      await ark.ok("backup", "delete", name, "--confirm");
      assert.deepEqual(await snapshotsOf(), [0, 0]);
      assert.deepEqual(await keysBelow(`backups/${name}/`), []);
    });
  }

  it("when a plugin of Velero's has made one that cannot be looked up: no second, and an error", async () => {
    writeFileSync(`${disks.disk("three")}.fault`, "crash-host");
    const phase = await killOver("p", "plain", () => undefined);
    rmSync(`${disks.disk("three")}.fault`);
    assert.equal(phase, "PartiallyFailed");
    const made = readdirSync(join(root, "storage", "snapshots"));
    assert.deepEqual(made.toSorted(), ["snap-three-p", "snap-three-p.tags"]);
    const described = await ark.ok("backup", "describe", "p", "--details");
    assert.match(described, /whether it was made is not known/);
    assert.match(described, /velero\.io\/backup=p velero\.io\/pv=pv-three/);
    await ark.ok("backup", "delete", "p", "--confirm");
    assert.deepEqual(await keysBelow("backups/p/"), []);
    assert.ok(existsSync(disks.snapshot("snap-three-p")));
  });
});

/** As EC2 answers, which moto does not: it has finished a snapshot when it is made. */
function isPending(answer: string): string {
  return answer.replace(/<status>[a-z]+<\/status>/, "<status>pending</status>");
}
