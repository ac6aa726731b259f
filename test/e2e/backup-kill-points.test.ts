/** A backup of many parts, killed at each kind of request that it makes; what is done again is counted. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type { BackupJob } from "../support/backup-process.ts";
import {
  countHits,
  type Failpoint,
  failpointOf,
  hitsToKill,
  killSeed,
  killsAtAll,
  killTimeoutMs,
  unnamed,
} from "../support/failpoints.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { type HttpFront, type SeenRequest, startHttpFront } from "../support/http-front.ts";
import { killAt } from "../support/kill-at.ts";
import { connectKube, type KubeClient, readKubeconfig } from "../support/kube-client.ts";
import { type CommandResult, runCommand } from "../support/run-command.ts";
import { openS3 } from "../support/s3-location.ts";
import {
  sharedControlPlane,
  sharedMinio,
  uniqueBucket,
  uniqueNamespace,
  whyNoTestbed,
} from "../support/shared-testbed.ts";
import { readEntries } from "../support/take-backup.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

const MiB = 1024 * 1024;
const limits = { partBytes: 5 * MiB, memberBytes: MiB };
/** More than 20 parts of 5 MiB compressed, in a dozen pages. */
const objects = 2700;
const sizeBytes = 61_440;
/** Members end elsewhere after a restart, and gzip makes a little more or less of them. */
const slackBytes = 512 * 1024;

const program = join(import.meta.dirname, "../support/backup-process.ts");

const storePoints: readonly Failpoint[] = [
  { name: "the record of who writes", method: "PUT", path: /\/names\/b\// },
  { name: "a part of the archive", method: "PUT", path: /\/b\.tar\.gz\?.*partNumber=/ },
  { name: "a checkpoint", method: "PUT", path: /\/runs\// },
  { name: "the begin of the upload", method: "POST", path: /\/b\.tar\.gz\?uploads/ },
  { name: "the completion of the upload", method: "POST", path: /\/b\.tar\.gz\?.*uploadId=/ },
  { name: "the index", method: "PUT", path: /\/ark-index\.ndjson\.gz/ },
  { name: "a file beside the archive", method: "PUT", path: /\/backups\/b\/b-/ },
  { name: "the manifest", method: "PUT", path: /\/ark-manifest\.json/ },
  { name: "the seal", method: "PUT", path: /\/velero-backup\.json/ },
  { name: "a list of the store", method: "GET", path: /list-type=2|\?uploads|uploadId=/ },
  { name: "a look at the bucket", method: "GET", path: /\?object-lock/ },
  {
    name: "a read of what was written",
    method: "GET",
    path: /\/backups\/b\/|\/names\/|\/runs\/\w/,
  },
  { name: "a look for an object", method: "HEAD", path: /./ },
  { name: "the removal of a checkpoint", method: "DELETE", path: /\/runs\// },
  { name: "the removal of its record", method: "DELETE", path: /\/names\// },
];
const apiPoints: readonly Failpoint[] = [
  { name: "a page of the list", method: "GET", path: /\/configmaps\?.*limit=(?!1(?:&|$))/ },
  { name: "a look at a kind", method: "GET", path: /\/(?:configmaps|namespaces)\b/ },
  { name: "discovery", method: "GET", path: /^\/(?:apis?|version)\b/ },
];
/** From here on all objects are in the archive, and it is whole. */
const afterArchive: ReadonlySet<string> = new Set([
  "a file beside the archive",
  "the manifest",
  "the seal",
  "the removal of a checkpoint",
  "the removal of its record",
]);

interface Traffic {
  readonly parts: number;
  readonly partBytes: number;
  readonly pages: number;
  /** Of the pages, in order: how many objects each asked for. */
  readonly limits: readonly number[];
}

describe(`a backup of many parts whose process is killed (ARK_KILL_SEED=${killSeed})`, {
  skip: await whyNoTestbed(),
  timeout: killTimeoutMs,
}, () => {
  const prefix = uniqueNamespace("kills");
  const folder = mkdtempSync(join(tmpdir(), "ark-kills-"));
  const signal = new AbortController().signal;
  const fronts = {} as { store: HttpFront; api: HttpFront };
  let client: KubeClient;
  let store: ObjectStore;
  let job: BackupJob;
  let expected: ReadonlyMap<string, string>;
  let whole: Traffic;
  let hits: ReadonlyMap<string, number>;

  before(async () => {
    const plane = await sharedControlPlane();
    const minio = await sharedMinio();
    const bucket = uniqueBucket("ark");
    await minio.createBucket(bucket);
    store = await openS3(minio, { bucket });
    client = connectKube(plane.kubeconfig);
    await fillBulk(client, { objects, sizeBytes, namespaces: 1, kind: "configmaps", prefix });
    expected = await readCluster(client, `${prefix}-0`);
    fronts.store = await startHttpFront(minio.endpoint);
    const { cluster, ca, cert, key } = readKubeconfig(plane.kubeconfig);
    fronts.api = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, frontKubeconfig(fronts.api.endpoint));
    const { accessKeyId, secretAccessKey, region } = minio;
    job = {
      kubeconfig,
      minio: { ...minio, accessKeyId, secretAccessKey, region, endpoint: fronts.store.endpoint },
      bucket,
      name: "b",
      spec: {
        includedNamespaces: [`${prefix}-0`],
        includedResources: ["configmaps"],
        labelSelector: { matchLabels: { bulk: prefix } },
      },
      limits,
    };
    const ended = await run();
    assert.equal(ended.status, 0, ended.stderr);
    whole = trafficOf(fronts.store.seen, fronts.api.seen);
    hits = new Map([
      ...countHits(storePoints, fronts.store.seen),
      ...countHits(apiPoints, fronts.api.seen),
    ]);
    await emptyStore(store);
  });
  after(async () => {
    await client?.send("DELETE", `/api/v1/namespaces/${prefix}-0`);
    await client?.close();
    await store?.close();
    await fronts.store?.close();
    await fronts.api?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (onPid?: (pid: number) => void): Promise<CommandResult> =>
    runCommand(process.execPath, [program, JSON.stringify(job)], {
      env: { NODE_NO_WARNINGS: "1" },
      ...(onPid === undefined ? {} : { onPid }),
    });

  /** False: the run ended before it came to this hit, as its number is a matter of time. */
  async function dies(name: string, hit: number): Promise<boolean> {
    const watched = [
      [fronts.store, storePoints],
      [fronts.api, apiPoints],
    ] as const;
    const { isHit, ended } = await killAt(watched, { name, hit }, run);
    if (isHit) assert.equal(ended.status, -1, `the process was not killed: ${ended.stderr}`);
    return isHit;
  }

  async function goesOnAfter(name: string, hit: number, t: TestContext): Promise<void> {
    const [storeFrom, apiFrom] = [fronts.store.seen.length, fronts.api.seen.length];
    if (!(await dies(name, hit))) {
      await emptyStore(store);
      assert.ok(hit > 1, `no run comes to ${name}`);
      return await goesOnAfter(name, Math.floor(hit / 2), t);
    }
    const before = trafficOf(fronts.store.seen.slice(storeFrom), fronts.api.seen.slice(apiFrom));
    const durable = await durableBytes(store, fronts.store.seen.slice(storeFrom));
    const [storeAgain, apiAgain] = [fronts.store.seen.length, fronts.api.seen.length];
    const ended = await run();
    const again = trafficOf(fronts.store.seen.slice(storeAgain), fronts.api.seen.slice(apiAgain));
    t.diagnostic(
      `${name}, hit ${hit} of ${hits.get(name)}: killed after ${before.parts} parts and ${before.pages} pages, ${Math.round(durable / MiB)} MiB durable; then ${again.parts} of ${whole.parts} parts sent, ${again.pages} of ${whole.pages} pages listed`,
    );
    if (name !== "the removal of its record") assert.equal(ended.status, 0, ended.stderr);
    else if (ended.status !== 0) assert.match(ended.stderr, /ARK_NAME_TAKEN/);
    const left = whole.partBytes - durable;
    assert.ok(again.partBytes <= left + slackBytes, `${again.partBytes} bytes sent, ${left} left`);
    const pagesLeft = whole.pages - pagesWithin(durable) + 1;
    assert.ok(again.pages <= pagesLeft, `${again.pages} pages listed, ${pagesLeft} left`);
    if (afterArchive.has(name)) assert.deepEqual([again.parts, again.pages], [0, 0]);
    await checkBackup();
    await emptyStore(store);
  }

  /** Pages of the whole run of which all is in so many bytes; the first has the most objects. */
  function pagesWithin(bytes: number): number {
    let listed = 0;
    return whole.limits.filter((limit) => {
      listed += limit;
      return listed <= (objects * bytes) / whole.partBytes;
    }).length;
  }

  async function checkBackup(): Promise<void> {
    const entries = await readEntries(store, "b");
    const found = new Map([...entries].map(([key, { text }]) => [key, sha256(text)]));
    assert.deepEqual(found, expected);
    const report = await verifyBackup(store, "b", { level: "index", signal });
    assert.deepEqual(report.damages, []);
    for await (const { key } of store.list("metadata/", { signal })) assert.fail(`${key} is left`);
  }

  it("makes no request that is not among the failpoints, and more than 20 parts", (t) => {
    const strange = [...fronts.store.seen, ...fronts.api.seen].filter(
      (request) =>
        failpointOf(storePoints, request) === unnamed &&
        failpointOf(apiPoints, request) === unnamed,
    );
    assert.deepEqual(
      strange.map(({ method, url }) => `${method} ${url}`),
      [],
    );
    assert.ok(whole.parts >= 20 && whole.partBytes / (whole.parts - 1) >= limits.partBytes);
    const listed = [...hits].map(([name, count]) => `${name} ${count}`).join(", ");
    t.diagnostic(`${killsAtAll ? "all hits" : "one hit each"} of: ${listed}`);
  });

  for (const { name } of [...apiPoints, ...storePoints]) {
    it(`goes on after a death at ${name}, and reads and sends only what was not durable`, async (t) => {
      const count = hits.get(name) ?? 0;
      assert.ok(count > 0, "no run comes here");
      for (const hit of hitsToKill(name, count)) await goesOnAfter(name, hit, t);
    });
  }
});

function trafficOf(toStore: readonly SeenRequest[], toApi: readonly SeenRequest[]): Traffic {
  const parts = toStore.filter(
    (request) => failpointOf(storePoints, request) === "a part of the archive",
  );
  const pages = toApi.filter((request) => failpointOf(apiPoints, request) === "a page of the list");
  const limits = pages.map(({ url }) => Number(/limit=(\d+)/.exec(url)?.[1]));
  const partBytes = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  return { parts: parts.length, partBytes, pages: pages.length, limits };
}

async function emptyStore(store: ObjectStore): Promise<void> {
  const signal = new AbortController().signal;
  const keys: string[] = [];
  for await (const { key } of store.list("", { signal })) keys.push(key);
  for (const key of keys) await store.remove(key, { signal });
}

const sizeOf = ({ headers }: SeenRequest): number => Number(headers["content-length"] ?? 0);

/** Bytes of the parts that a checkpoint tells of: there is one for each. */
async function durableBytes(store: ObjectStore, seen: readonly SeenRequest[]): Promise<number> {
  const signal = new AbortController().signal;
  let checkpoints = 0;
  for await (const _ of store.list("metadata/ark-ts/runs/", { signal })) checkpoints += 1;
  const sizes = new Map<number, number>();
  for (const request of seen) {
    const number = /\/b\.tar\.gz\?.*partNumber=(\d+)/.exec(request.url)?.[1];
    if (request.method === "PUT" && number !== undefined)
      sizes.set(Number(number), sizeOf(request));
  }
  const inOrder = [...sizes].sort(([a], [b]) => a - b).slice(0, checkpoints);
  return inOrder.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** What the API server says of each, byte for byte: `configmaps namespace/name` to SHA-256. */
async function readCluster(client: KubeClient, namespace: string): Promise<Map<string, string>> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const query = `?labelSelector=${encodeURIComponent(`bulk=${namespace.slice(0, -2)}`)}`;
  const list = JSON.parse((await client.demand("GET", path + query)).toString()) as {
    items: { metadata: { name: string } }[];
  };
  const found = new Map<string, string>();
  for (const { metadata } of list.items) {
    const bytes = await client.demand("GET", `${path}/${metadata.name}`);
    found.set(`configmaps ${namespace}/${metadata.name}`, sha256(bytes.toString().trimEnd()));
  }
  assert.equal(found.size, objects);
  return found;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
