import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { basePackages } from "../../deploy/image/base-packages.ts";
import { buildImage } from "../../deploy/image/build-image.ts";
import { writeArchive } from "../../deploy/image/layout-archive.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { busyboxPod } from "../support/busybox-pod.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { sharedMinio, uniqueBucket, uniqueNamespace } from "../support/shared-testbed.ts";
import { whyNoPackages } from "../testbed/pinned-packages.ts";
import { waitFor } from "../testbed/wait.ts";

const image = "testbed.local/ark-ts:under-test";
const skip = (await whyNoSharedNode()) || ((await whyNoPackages(basePackages)) ?? false);
const timeoutMs = 240_000;

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface RunStatus {
  readonly phase?: string;
  readonly hookStatus?: { readonly hooksAttempted?: number; readonly hooksFailed?: number };
}

const foreignRules = [
  { verbs: ["deletecollection"], apiGroups: [""], resources: ["configmaps"] },
] as const;

interface Lease {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

describe("the server in a cluster, as its own image", { skip }, () => {
  const namespace = uniqueNamespace("server");
  const shop = uniqueNamespace("shop");
  let node: NodeAccess;
  let client: KubeClient;
  let ark: Ark;
  let front: HttpFront;
  let bucket: string;
  let folder: string;

  before(async () => {
    node = await sharedNode();
    client = connectKube(node.controlPlane.kubeconfig);
    folder = mkdtempSync(join(tmpdir(), "ark-server-"));
    const layout = join(folder, "image");
    await buildImage({ folder: layout, name: image, version: "0.1.0" });
    await writeArchive(layout, `${layout}.tar`);
    await node.loadImages(`${layout}.tar`);
    const minio = await sharedMinio();
    bucket = uniqueBucket("server");
    await minio.createBucket(bucket);
    // Pods reach this machine where the API server listens, and nowhere else.
    const { hostname } = new URL(node.controlPlane.server);
    front = await startHttpFront(minio.endpoint, undefined, hostname);
    const { accessKeyId, secretAccessKey } = minio;
    writeFileSync(
      join(folder, "credentials"),
      `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
    );
    ark = createArk(node.controlPlane.kubeconfig, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
  });
  after(async () => {
    await node?.kubectl("delete", "namespace", shop, "--ignore-not-found", "--wait=false");
    await ark?.run("uninstall", "--confirm", "-n", namespace);
    ark?.remove();
    await front?.close();
    await client?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const get = async <T>(path: string): Promise<T> =>
    JSON.parse((await client.demand("GET", path)).toString()) as T;
  const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/ark-ts`;
  const leader = async (): Promise<string> =>
    (await get<Lease>(leasePath)).spec.holderIdentity?.split("_")[0] ?? "";
  const someLeader = async () => (await leader()) || undefined;
  const pods = async (): Promise<readonly Pod[]> =>
    (await get<{ items: readonly Pod[] }>(`/api/v1/namespaces/${namespace}/pods`)).items;
  const readyPods = async (): Promise<readonly string[]> =>
    (await pods())
      .filter(({ status }) =>
        status.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
      )
      .map(({ metadata }) => metadata.name);

  it("installs, with two replicas ready, of which one leads (regression 85: no shell in the image)", async () => {
    const config = `region=us-east-1,s3Url=${front.endpoint},s3ForcePathStyle=true`;
    const { status, stdout, stderr } = await ark.run(
      ...["install", "-n", namespace, "--image", image, "--wait"],
      ...["--velero-pod-cpu-request", "10m", "--velero-pod-mem-request", "64Mi"],
      ...["--provider", "aws", "--bucket", bucket, "--backup-location-config", config],
      ...["--secret-file", join(folder, "credentials")],
    );
    assert.equal(status, 0, stdout + stderr + (await why()));
    assert.match(stderr, /the server in namespace .* is ready/);
    // Nobody holds the Lease for a moment where it changes hands.
    const leads = async () => {
      const ready = await readyPods();
      return ready.length === 2 && ready.includes(await leader()) && ready;
    };
    const names = await waitFor("two ready pods, one of which leads", leads, { timeoutMs });
    const shell = await node
      .kubectl("exec", "-n", namespace, names[0] ?? "", "--", "sh", "-c", "true")
      .then(() => "", String);
    assert.match(shell, /"sh": executable file not found/);
    const inside = ["exec", "-n", namespace, names[0] ?? "", "--", "ark-ts", "version"];
    assert.match(await node.kubectl(...inside), /ark-ts/);
  });

  it("takes a Backup from New to Completed with only its own rights", async () => {
    await node.kubectl("create", "namespace", shop);
    await node.kubectl("create", "configmap", "settings", "-n", shop, "--from-literal=mode=blue");
    const hook = { "pre.hook.backup.velero.io/command": '["touch","/data/frozen"]' };
    const pod = busyboxPod({ namespace: shop, name: "web" }, { annotations: hook });
    await client.demand("POST", `/api/v1/namespaces/${shop}/pods`, JSON.stringify(pod));
    await node.kubectl("wait", "--for=condition=Ready", "pod/web", "-n", shop, "--timeout=240s");
    await makeForeignRights();
    const { hookStatus } = await makeBackup("before");
    assert.equal(hookStatus?.hooksAttempted, 1);
    assert.equal(hookStatus?.hooksFailed ?? 0, 0);
    assert.match(await backupsInBucket(), /^before +Completed/m);
  });

  it("restores with only its own rights, rights that it does not have itself included", async () => {
    await node.kubectl("delete", "namespace", shop, "--grace-period=1");
    await run("restores", "Restore", "back", { backupName: "before" });
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${shop}`;
    const { rules } = await get<{ rules: unknown }>(`${rbac}/roles/cleaner`);
    assert.deepEqual(rules, foreignRules);
    assert.ok(await client.get(`${rbac}/rolebindings/cleaner`));
    // The hook of the next Backup needs it.
    await node.kubectl("wait", "--for=condition=Ready", "pod/web", "-n", shop, "--timeout=240s");
  });

  it("gives the Lease to the other when the leader's pod is deleted with grace 0, and goes on", async () => {
    const former = await waitFor("a leader", someLeader, { timeoutMs });
    const transitions = (await get<Lease>(leasePath)).spec.leaseTransitions ?? 0;
    await node.kubectl("delete", "pod", "-n", namespace, former, "--grace-period=0", "--force");
    // A leader that ends in peace gives the Lease up first: then nobody holds it for a moment.
    const next = async () => !["", former].includes(await leader());
    await waitFor("another leader", next, { timeoutMs });
    assert.ok(((await get<Lease>(leasePath)).spec.leaseTransitions ?? 0) > transitions);
    await makeBackup("after");
    const replaced = async () => {
      const ready = await readyPods();
      return ready.length === 2 && !ready.includes(former);
    };
    await waitFor("two ready pods, none of them the former", replaced, { timeoutMs });
  });

  it("may not do what was not asked for", async () => {
    const as = `system:serviceaccount:${namespace}:ark-ts`;
    const can = async (...args: readonly string[]): Promise<string> =>
      (await node.kubectl("auth", "can-i", ...args, "--as", as).catch(() => "no")).trim();
    assert.equal(await can("list", "secrets", "-n", shop), "yes");
    assert.equal(await can("impersonate", "users"), "no");
    assert.equal(await can("deletecollection", "secrets", "-n", shop), "no");
  });

  const makeBackup = (name: string): Promise<RunStatus> =>
    run("backups", "Backup", name, { includedNamespaces: [shop], storageLocation: "default" });

  /** Rights that the server has not: the API server asks for `escalate` and `bind` then. */
  async function makeForeignRights(): Promise<void> {
    const apiVersion = "rbac.authorization.k8s.io/v1";
    const path = `/apis/${apiVersion}/namespaces/${shop}`;
    const metadata = { name: "cleaner" };
    const role = { apiVersion, kind: "Role", metadata, rules: foreignRules };
    await client.demand("POST", `${path}/roles`, JSON.stringify(role));
    const binding = {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "cleaner" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: shop }],
    };
    await client.demand("POST", `${path}/rolebindings`, JSON.stringify(binding));
  }

  /** Makes a Backup or Restore, and waits until it is Completed. */
  async function run(plural: string, kind: string, name: string, spec: object): Promise<RunStatus> {
    const path = `/apis/velero.io/v1/namespaces/${namespace}/${plural}`;
    const body = { apiVersion: "velero.io/v1", kind, metadata: { name, namespace }, spec };
    await client.demand("POST", path, JSON.stringify(body));
    const status = async (): Promise<RunStatus> =>
      (await get<{ status?: RunStatus }>(`${path}/${name}`)).status ?? {};
    const phase = async (): Promise<string> => (await status()).phase ?? "";
    await waitFor(
      `${kind} ${name} to end`,
      async () => /^(?:Completed|Failed|PartiallyFailed|FailedValidation)$/.test(await phase()),
      { timeoutMs },
    );
    assert.equal(
      await phase(),
      "Completed",
      JSON.stringify(await get(`${path}/${name}`)) + (await why()),
    );
    return await status();
  }

  async function backupsInBucket(): Promise<string> {
    const { endpoint } = await sharedMinio();
    const store = `s3://${bucket}?region=us-east-1&endpoint=${endpoint}`;
    return await ark.ok("backup", "get", "--store", store, "--mode", "standalone");
  }

  /** For the messages of failures. */
  async function why(): Promise<string> {
    const asked = ["-n", namespace, "--all-pods=true", "--tail=30", "deployment/ark-ts"];
    const logs = await node.kubectl("logs", ...asked).catch(String);
    return `\n${logs}\n${await node.kubectl("get", "pods,events", "-n", namespace).catch(String)}`;
  }
});
