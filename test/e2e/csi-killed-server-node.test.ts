/** A server whose leader is killed at a step of a CSI snapshot: the next leader goes on with it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { type CsiClaims, createCsiClaims } from "../support/csi-claims.ts";
import { backupSteps, type StepPoint } from "../support/csi-kill-points.ts";
import { failpointOf, killSeed, killsAtAll, killTimeoutMs } from "../support/failpoints.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient, readKubeconfig } from "../support/kube-client.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { sharedMinio, uniqueBucket, uniqueNamespace } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const timeoutMs = 240_000;
const writes = backupSteps.filter(({ of, method }) => of === "api" && method !== "GET");
const steps = killsAtAll ? writes : writes.slice(0, 1);

describe(`CSI snapshots of a server whose leader is killed (ARK_KILL_SEED=${killSeed})`, {
  skip: await whyNoSharedNode(),
  timeout: killTimeoutMs,
}, () => {
  const namespace = uniqueNamespace("led");
  const serverNamespace = uniqueNamespace("server");
  const kinds = `/apis/velero.io/v1/namespaces/${serverNamespace}`;
  const servers: ArkServer[] = [];
  let node: NodeAccess;
  let client: KubeClient;
  let claims: CsiClaims;
  let ark: Ark;
  let front: HttpFront;
  let throughFront: string;
  let volume: string;

  before(async () => {
    node = await sharedNode();
    client = connectKube(node.controlPlane.kubeconfig);
    claims = await createCsiClaims(node, namespace);
    const snapshotClass = await claims.snapshotClass("lost", { fault: "answer-lost" });
    volume = await claims.create("data", { snapshotClass });
    ark = createArk(node.controlPlane.kubeconfig);
    await ark.ok("install", "--crds-only");
    const { cluster, ca, cert, key } = readKubeconfig(node.controlPlane.kubeconfig);
    front = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    throughFront = join(ark.home, "kubeconfig");
    writeFileSync(throughFront, frontKubeconfig(front.endpoint));
    await provideLocation();
  });
  after(async () => {
    for (const server of servers) server.kill("SIGKILL");
    await Promise.all(servers.map(({ ended }) => ended));
    await claims?.remove(serverNamespace);
    await front?.close();
    await client?.close();
    ark?.remove();
  });

  const post = (path: string, object: object): Promise<unknown> =>
    client.demand("POST", path, JSON.stringify(object));

  async function provideLocation(): Promise<void> {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("led");
    await minio.createBucket(bucket);
    await post("/api/v1/namespaces", { metadata: { name: serverNamespace } });
    const cloud = `[default]\naws_access_key_id=${minio.accessKeyId}\naws_secret_access_key=${minio.secretAccessKey}\n`;
    await post(`/api/v1/namespaces/${serverNamespace}/secrets`, {
      metadata: { name: "minio" },
      stringData: { cloud },
    });
    await post(`${kinds}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name: "default" },
      spec: {
        provider: "aws",
        default: true,
        objectStorage: { bucket },
        config: { s3Url: minio.endpoint, region: minio.region, s3ForcePathStyle: "true" },
        credential: { name: "minio", key: "cloud" },
      },
    });
  }

  function start(kubeconfig: string): ArkServer {
    const server = startArkServer(ark, kubeconfig, "-n", serverNamespace);
    servers.push(server);
    return server;
  }

  /** Of a Backup; undefined where it is not there. */
  async function phaseOf(name: string): Promise<string | undefined> {
    const body = await client.get(`${kinds}/backups/${name}`);
    if (body === undefined) return undefined;
    const { status } = JSON.parse(body.toString()) as { status?: { phase?: string } };
    return status?.phase ?? "New";
  }

  /** Kills the leader at its first request of the step; nothing is answered from there on. */
  function killAtStep(leader: ArkServer, step: StepPoint): void {
    let isDead = false;
    front.spoil = (request) => {
      if (!isDead && failpointOf([step], request) === step.name) {
        isDead = true;
        leader.kill("SIGKILL");
      }
      return isDead ? "hang" : "pass";
    };
  }

  for (const [at, step] of steps.entries()) {
    it(`at ${step.name}: the backup is completed, with one snapshot, and can be deleted`, async () => {
      const name = `taken-over-${at}`;
      front.spoil = () => "pass";
      const leader = start(throughFront);
      await leader.ready("leading");
      const next = start(node.controlPlane.kubeconfig);
      await next.ready("standing by");
      killAtStep(leader, step);
      await post(`${kinds}/backups`, {
        apiVersion: "velero.io/v1",
        kind: "Backup",
        metadata: { name },
        spec: { includedNamespaces: [namespace], storageLocation: "default" },
      });
      assert.equal(await leader.ended, undefined, leader.printed());
      await waitFor(
        "the backup to be completed",
        async () => {
          const phase = (await phaseOf(name)) ?? "none";
          assert.doesNotMatch(phase, /Failed/, next.printed());
          return phase === "Completed";
        },
        { timeoutMs },
      );
      await waitFor(
        "the cluster to be free of it",
        async () => (await claims.objectsLeft()).length === 0,
        { timeoutMs },
      );
      const written = claims.hash(volume);
      assert.deepEqual(
        claims.snapshots(volume).map(({ hash }) => hash),
        [written],
      );
      await post(`${kinds}/deletebackuprequests`, {
        apiVersion: "velero.io/v1",
        kind: "DeleteBackupRequest",
        metadata: { name },
        spec: { backupName: name },
      });
      await waitFor("it to be deleted", async () => (await phaseOf(name)) === undefined, {
        timeoutMs,
      });
      assert.deepEqual(claims.snapshots(volume), []);
      assert.deepEqual(await claims.objectsLeft(), []);
      next.kill("SIGTERM");
      await next.ended;
    });
  }
});
