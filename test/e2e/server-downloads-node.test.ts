/**
 * Files that the server hands out from its pods, because the store signs no URLs: at its own URL
 * from outside, and through the API server. The store is Google's, with the identity of the pods
 * (no private key); the server has the least rights that an installation gives.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkServerIdentity } from "node:tls";
import { basePackages } from "../../deploy/image/base-packages.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { type GoogleStorage, startGoogleStorage } from "../support/google/google-storage.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { loadServerImage } from "../support/load-server-image.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueBucket, uniqueNamespace } from "../support/shared-testbed.ts";
import { createVeleroCommand, type VeleroCommand } from "../support/velero-command.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { whyNoPackages } from "../testbed/pinned-packages.ts";
import { waitFor } from "../testbed/wait.ts";

const image = "testbed.local/ark-ts:downloads";
const skip = (await whyNoSharedNode()) || ((await whyNoPackages(basePackages)) ?? false);
const timeoutMs = 240_000;
const downloadsPort = 8443;

interface Place {
  readonly hostname: string;
  readonly port: string | number;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: { readonly podIP?: string };
}

describe("downloads from the server's own pods, where the store signs no URLs", { skip }, () => {
  const namespace = uniqueNamespace("downloads");
  const shop = uniqueNamespace("shop");
  const bucket = uniqueBucket("downloads");
  const core = `/api/v1/namespaces/${namespace}`;
  const velerosKinds = `/apis/velero.io/v1/namespaces/${namespace}`;
  const fronts: HttpFront[] = [];
  let node: NodeAccess;
  let client: KubeClient;
  let google: GoogleStorage;
  let ark: Ark;
  let velero: VeleroCommand;
  let publicUrl: URL;
  /** That the leader signed while it was alone. */
  let signed: URL;
  let archive: Buffer;
  let log: string;

  before(async () => {
    node = await sharedNode();
    client = connectKube(node.controlPlane.kubeconfig);
    await loadServerImage(node, image);
    google = await startGoogleStorage();
    await google.front.createBucket(bucket);
    ark = createArk(node.controlPlane.kubeconfig);
    const user = { home: ark.home, namespace };
    velero = createVeleroCommand(await ensureBinary("velero"), node.controlPlane.kubeconfig, user);
    for (const name of [namespace, shop]) await node.kubectl("create", "namespace", name);
    await node.kubectl("create", "configmap", "one", "-n", shop);
    publicUrl = await openOutside("outside");
    await ark.ok("client", "config", "set", `namespace=${namespace}`);
    await ark.ok("mode", "set", "server");
    await ark.ok("install", ...(await installFlags()), "--replicas", "1").catch(explained);
    const trust = { caCertRef: { name: "ark-ts-downloads-ca", key: "ca.crt" } };
    const patch = JSON.stringify({ spec: { objectStorage: trust } });
    const location = `${velerosKinds}/backupstoragelocations/default`;
    await client.demand("PATCH", location, patch, "application/merge-patch+json");
  });
  after(async () => {
    // Without `uninstall`, which would take the kinds from who uses the node at the same time.
    const mine = ["namespace", namespace, shop, "--wait=false", "--ignore-not-found"];
    await node?.kubectl("delete", ...mine);
    for (const kind of ["clusterrolebinding", "clusterrole"]) {
      await node?.kubectl("delete", kind, `ark-ts-${namespace}`, "--ignore-not-found");
    }
    for (const front of fronts) await front.close();
    await google?.stop();
    ark?.remove();
    await client?.close();
  });

  const get = async <T>(path: string): Promise<T> =>
    JSON.parse((await client.demand("GET", path)).toString()) as T;
  const post = (path: string, object: object): Promise<Buffer> =>
    client.demand("POST", path, JSON.stringify(object));
  /** Nothing can be fetched anew where it could not be fetched once. */
  const needsDownloads = () =>
    assert.ok(signed !== undefined, "the leader alone handed out nothing");
  const pods = async (): Promise<readonly Pod[]> =>
    (await get<{ items: readonly Pod[] }>(`${core}/pods`)).items;

  /** How users come in from outside the cluster: a port of the node, as a load balancer has it. */
  async function openOutside(name: string): Promise<URL> {
    const made = await post(`${core}/services`, {
      metadata: { name },
      spec: {
        type: "NodePort",
        selector: { "app.kubernetes.io/name": "ark-ts" },
        ports: [{ port: 443, targetPort: "downloads" }],
      },
    });
    const { spec } = JSON.parse(made.toString()) as {
      readonly spec: { readonly ports: readonly { readonly nodePort: number }[] };
    };
    const address = 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}';
    const host = await node.kubectl("get", "node", node.nodeName, "-o", address);
    return new URL(`https://${host}:${spec.ports[0]?.nodePort}`);
  }

  async function installFlags(): Promise<readonly string[]> {
    // Pods reach this machine where the API server listens, and nowhere else.
    const { hostname } = new URL(node.controlPlane.server);
    const { front, identity } = google;
    const store = await startHttpFront(front.endpoint, undefined, hostname);
    const tokens = await startHttpFront(identity.origin, undefined, hostname);
    fronts.push(store, tokens);
    identity.isSubject = (token) =>
      subjectOf(token) === `system:serviceaccount:${namespace}:ark-ts`;
    const credentials = join(ark.home, "credentials");
    const federated = {
      type: "external_account",
      audience:
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${tokens.endpoint}/sts`,
      credential_source: { file: "/var/run/secrets/kubernetes.io/serviceaccount/token" },
    };
    writeFileSync(credentials, JSON.stringify(federated));
    return [
      ...["--image", image, "--wait"],
      ...["--velero-pod-cpu-request", "10m", "--velero-pod-mem-request", "64Mi"],
      ...["--server-flags", `disable-controllers=restore,public-url=${publicUrl.origin}`],
      ...["--provider", "gcp", "--bucket", bucket, "--secret-file", credentials],
      ...["--backup-location-config", `storeEndpoint=${store.endpoint}`],
    ];
  }

  it("a leader that is alone hands out log and archive at the URL that install was given", async () => {
    const backup = ["backup", "create", "b1", "--include-namespaces", shop, "--wait"];
    await velero.says(...backup).catch(explained);
    log = await velero.says("backup", "logs", "b1").catch(explained);
    assert.match(log, /level=info/);
    const read = await ark.run("backup", "logs", "b1");
    assert.deepEqual([read.status, read.stdout], [0, log], read.stderr);
    assert.doesNotMatch(read.stderr, /through the API server/);
    archive = await storedArchive();
    assert.ok((await downloaded("velero")).equals(archive));
    assert.ok((await downloaded("ark-ts")).equals(archive));
    signed = await signedUrl();
    assert.equal(signed.origin, publicUrl.origin);
    await mayOnly();
  });

  it("each of two replicas serves what the leader signed, under the public name and to the API server", async () => {
    needsDownloads();
    await node.kubectl("scale", "-n", namespace, "deployment/ark-ts", "--replicas=2");
    await node.kubectl("rollout", "status", "-n", namespace, "deployment/ark-ts", "--timeout=240s");
    const all = await pods();
    assert.equal(all.length, 2);
    for (const { metadata, status } of all) {
      const answer = await fetchFrom({ hostname: status.podIP ?? "", port: downloadsPort });
      assert.equal(answer.status, 200, answer.body.toString());
      assert.ok(answer.body.equals(archive));
      const path = `${core}/pods/https:${metadata.name}:${downloadsPort}/proxy`;
      const proxied = await client.demand("GET", `${path}${signed.pathname}${signed.search}`);
      assert.ok(proxied.equals(archive));
    }
  });

  it("the other goes on when the leader's pod is gone", async () => {
    needsDownloads();
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/ark-ts`;
    const { spec } = await get<{ spec: { holderIdentity: string } }>(lease);
    const former = spec.holderIdentity.split("_")[0] ?? "";
    await refusePods();
    await node.kubectl("delete", "pod", "-n", namespace, former);
    const [other, ...more] = await pods();
    assert.deepEqual(more, []);
    assert.notEqual(other?.metadata.name, former);
    await awaitOneWay();
    assert.equal((await fetchFrom(publicUrl)).status, 200);
    assert.equal(await velero.says("backup", "logs", "b1").catch(explained), log);
    assert.ok((await downloaded("velero")).equals(archive));
    assert.ok((await downloaded("ark-ts")).equals(archive));
  });

  it("ark-ts goes through the API server where the URL leads nowhere", async () => {
    needsDownloads();
    await node.kubectl("delete", "service", "outside", "-n", namespace);
    const closed = () =>
      fetchFrom(publicUrl).then(
        () => false,
        () => true,
      );
    await waitFor("the way in to be closed", closed, { timeoutMs });
    const alone = await velero.run("backup", "logs", "b1");
    assert.match(alone.stderr, /refused/);
    const read = await ark.run("backup", "logs", "b1");
    assert.deepEqual([read.status, read.stdout], [0, log], read.stderr);
    assert.match(read.stderr, /fetched through the API server instead/);
    assert.ok((await downloaded("ark-ts")).equals(archive));
    const described = await ark.run("backup", "describe", "b1", "--details");
    assert.match(described.stdout, new RegExp(`- ${shop}/one`), described.stderr);
    assert.equal(described.stderr.match(/fetched through/g)?.length, 1);
  });

  /** So that nobody takes the place of who goes: no more pods than one from now on. */
  async function refusePods(): Promise<void> {
    const metadata = { name: "one-pod" };
    await post(`${core}/resourcequotas`, { metadata, spec: { hard: { pods: "1" } } });
    interface Quota {
      readonly status?: { readonly used?: { readonly pods?: string } };
    }
    const isCounted = async (): Promise<boolean> =>
      (await get<Quota>(`${core}/resourcequotas/one-pod`)).status?.used?.pods === "2";
    await waitFor("the pods to be counted", isCounted, { timeoutMs });
  }

  /**
   * Until the node's port leads to one pod only. The proxy hears of endpoints in their order: who
   * leads the way in by a later Service knows of the pod that has gone.
   */
  async function awaitOneWay(): Promise<void> {
    interface Slices {
      readonly items: readonly { readonly endpoints: readonly object[] | null }[];
    }
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const ofOutside = `${slices}?labelSelector=kubernetes.io%2Fservice-name%3Doutside`;
    const isOne = async (): Promise<boolean> =>
      (await get<Slices>(ofOutside)).items.flatMap(({ endpoints }) => endpoints ?? []).length === 1;
    await waitFor("one endpoint", isOne, { timeoutMs });
    const later = await openOutside("later");
    const leadsIn = async () => (await fetchFrom(later).catch(() => undefined))?.status === 200;
    await waitFor("a later way in", leadsIn, { timeoutMs });
  }

  async function storedArchive(): Promise<Buffer> {
    const store = await google.open({ bucket });
    const signal = AbortSignal.timeout(timeoutMs);
    const { body } = await store.get("backups/b1/b1.tar.gz", { signal });
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    await store.close();
    return Buffer.concat(parts);
  }

  async function downloaded(by: "velero" | "ark-ts"): Promise<Buffer> {
    const file = join(ark.home, `${by}.tar.gz`);
    const args = ["backup", "download", "b1", "--output", file, "--force"];
    await (by === "velero" ? velero.says(...args) : ark.ok(...args)).catch(explained);
    return readFileSync(file);
  }

  async function signedUrl(): Promise<URL> {
    await post(`${velerosKinds}/downloadrequests`, {
      apiVersion: "velero.io/v1",
      kind: "DownloadRequest",
      metadata: { name: "by-hand" },
      spec: { target: { kind: "BackupContents", name: "b1" } },
    });
    const path = `${velerosKinds}/downloadrequests/by-hand`;
    const found = async () =>
      (await get<{ status?: { downloadURL?: string } }>(path)).status?.downloadURL;
    return new URL(await waitFor("a URL", found, { timeoutMs }));
  }

  /** Without the rights of a restore those in the namespace hold alone: the Secrets are made by them. */
  async function mayOnly(): Promise<void> {
    const as = ["--as", `system:serviceaccount:${namespace}:ark-ts`];
    const may = async (...args: readonly string[]): Promise<string> =>
      (await node.kubectl("auth", "can-i", ...args, ...as).catch(() => "no")).trim();
    assert.equal(await may("create", "secrets", "-n", namespace), "yes");
    assert.equal(await may("create", "secrets", "-n", shop), "no");
    assert.equal(await may("update", "secrets/cloud-credentials", "-n", namespace), "no");
  }

  /** GETs what is signed, from there, as if it were the public place. */
  async function fetchFrom(place: Place): Promise<{ status: number; body: Buffer }> {
    const { data } = await get<{ data: Record<string, string> }>(
      `${core}/secrets/ark-ts-downloads-ca`,
    );
    const ca = Buffer.from(data["ca.crt"] ?? "", "base64");
    const { hostname, port } = place;
    return await new Promise((resolve, reject) => {
      const asked = request({
        ...{ hostname, port, ca, path: `${signed.pathname}${signed.search}`, agent: false },
        checkServerIdentity: (_host, shown) => checkServerIdentity(publicUrl.hostname, shown),
      });
      asked.once("error", reject);
      asked.once("response", (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.once("error", reject);
        answer.once("end", () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }),
        );
      });
      asked.end();
    });
  }

  async function explained(error: Error): Promise<never> {
    const asked = ["-n", namespace, "--all-pods=true", "--tail=40", "deployment/ark-ts"];
    const logs = await node.kubectl("logs", ...asked).catch(String);
    const seen = await node.kubectl("get", "pods,events", "-n", namespace).catch(String);
    throw new Error(`${error.message}\n${logs}\n${seen}`, { cause: error });
  }
});

/** Of a token of a service account. */
function subjectOf(token: string): unknown {
  const [, claims = ""] = token.split(".");
  return (JSON.parse(Buffer.from(claims, "base64url").toString()) as { readonly sub?: unknown })
    .sub;
}
