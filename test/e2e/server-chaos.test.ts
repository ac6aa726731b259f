import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { basePackages } from "../../deploy/image/base-packages.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { judgeChaos } from "../support/chaos/judge.ts";
import { loseLeaders } from "../support/chaos/leader-losses.ts";
import { countFresh } from "../support/chaos/records.ts";
import { type SlowStore, startSlowStore } from "../support/chaos/slow-store.ts";
import { fillSource, sourceKinds } from "../support/chaos/sources.ts";
import { runStream } from "../support/chaos/stream.ts";
import { createSeededRandom } from "../support/damage/seeded-random.ts";
import { drawnSeed } from "../support/drawn-seed.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { loadServerImage } from "../support/load-server-image.ts";
import {
  type ClusterState,
  readClusterState,
  type StoredObject,
} from "../support/oracle/cluster-state.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { sharedMinio, uniqueBucket, uniqueNamespace } from "../support/shared-testbed.ts";
import { readAudit } from "../testbed/node/audit.ts";
import { whyNoPackages } from "../testbed/pinned-packages.ts";

const image = "testbed.local/ark-ts:chaos";
const skip = (await whyNoSharedNode()) || ((await whyNoPackages(basePackages)) ?? false);
const seed = drawnSeed("ARK_CHAOS_SEED");
/** Backups, and as many Restores. */
const runs = Number(process.env["ARK_CHAOS_RUNS"] ?? 20);
const timeout = 300_000 + runs * 60_000;

/** So long takes each request to the store: a run lasts seconds, and costs no processor. */
const storeDelayMs = 200;
const [sourceCount, objects] = [4, 12];

describe(`a server of two replicas that loses its leader (ARK_CHAOS_SEED=${seed})`, {
  skip,
  timeout,
}, () => {
  const namespace = uniqueNamespace("chaos");
  const shop = uniqueNamespace("shop");
  const sources = Array.from({ length: sourceCount }, (_, number) => `${shop}-${number}`);
  let node: NodeAccess;
  let client: KubeClient;
  let ark: Ark;
  let store: SlowStore;
  let bucket: string;
  let first: ClusterState;
  const includes = ({ resource, namespace: place, name }: StoredObject): boolean =>
    sourceKinds.includes(resource as never) && (place || name).startsWith(shop);

  before(async () => {
    node = await sharedNode();
    client = connectKube(node.controlPlane.kubeconfig);
    await loadServerImage(node, image);
    const minio = await sharedMinio();
    bucket = uniqueBucket("chaos");
    await minio.createBucket(bucket);
    // Pods reach this machine where the API server listens, and nowhere else.
    const { hostname } = new URL(node.controlPlane.server);
    store = await startSlowStore(minio.endpoint, hostname, storeDelayMs);
    ark = createArk(node.controlPlane.kubeconfig);
    for (const source of sources) await fillSource(client, source, objects);
    first = await readClusterState(client, { includes });
    await install(minio);
  });
  after(async () => {
    if (node !== undefined) await remove();
    ark?.remove();
    await store?.close();
    await client?.close();
  });

  it(`ends ${runs} backups and ${runs} restores as if nothing had happened, and none that lost the Lease writes (regression 34)`, {
    timeout,
  }, async (t) => {
    const over = new AbortController();
    const place = { node, client, namespace, random: createSeededRandom(seed) };
    const startMs = Date.now();
    const isWorthwhile = () => countFresh(store.writes) >= 2;
    const say = (line: string) => t.diagnostic(line);
    const losing = loseLeaders({ ...place, isWorthwhile, say }, over.signal);
    const failing = losing.then(
      () => undefined as never,
      (error) => Promise.reject(error),
    );
    const stream = runStream({ client, namespace, sources, runs }, t.signal);
    const pairs = await Promise.race([stream, failing])
      .catch(async (error: Error) => {
        throw new Error(`${error.message}${await why()}`, { cause: error });
      })
      .finally(() => over.abort());
    const losses = await losing;
    const minutes = (Date.now() - startMs) / 60_000;
    const minio = await sharedMinio();
    const judged = await judgeChaos({
      ...{ client, namespace, bucket, minio, pairs, losses, first, includes },
      ...{ storeWrites: store.writes, audit: readAudit(node.folder) },
    });
    t.diagnostic(`figures: ${minutes.toFixed(1)} min; ${judged.summary}`);
    assert.deepEqual(judged.faults, []);
    assert.ok(judged.takenOver * 2 >= 2 * runs, `only ${judged.takenOver} runs were taken over`);
  });

  async function install(minio: { accessKeyId: string; secretAccessKey: string }): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "ark-chaos-"));
    const { accessKeyId, secretAccessKey } = minio;
    const secretFile = join(folder, "credentials");
    const lines = [
      "[default]",
      `aws_access_key_id=${accessKeyId}`,
      `aws_secret_access_key=${secretAccessKey}`,
    ];
    writeFileSync(secretFile, `${lines.join("\n")}\n`, { mode: 0o600 });
    const config = `region=us-east-1,s3Url=${store.endpoint},s3ForcePathStyle=true`;
    await ark.ok(
      ...["install", "-n", namespace, "--image", image, "--wait"],
      ...["--velero-pod-cpu-request", "10m", "--velero-pod-mem-request", "64Mi"],
      ...["--concurrent-backups", `${sourceCount}`],
      ...["--provider", "aws", "--bucket", bucket, "--backup-location-config", config],
      ...["--secret-file", secretFile],
    );
    rmSync(folder, { recursive: true });
  }

  /** For the messages of failures. */
  async function why(): Promise<string> {
    const asked = ["-n", namespace, "--all-pods=true", "--tail=200", "deployment/ark-ts"];
    const logs = await node.kubectl("logs", ...asked).catch(String);
    const seen = ["backups.velero.io,restores.velero.io,pods,events", "-n", namespace];
    return `\n${logs}\n${await node.kubectl("get", ...seen).catch(String)}`;
  }

  /** Without `uninstall`, which would take the kinds from who uses the node at the same time. */
  async function remove(): Promise<void> {
    const list = JSON.parse((await client.demand("GET", "/api/v1/namespaces")).toString()) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    const mine = list.items.map(({ metadata }) => metadata.name).filter((n) => n.startsWith(shop));
    await node.kubectl("delete", "namespace", namespace, ...mine, "--wait=false");
  }
});
