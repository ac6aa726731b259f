/** Native snapshots of Azure's disks: a real API server and MinIO, and a double for Azure. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { type ArmDouble, startArmDouble } from "../support/arm-double.ts";
import { azureInTreeVolume } from "../support/azure-volumes.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { createServedLocation, provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";

const skip = (await whyNoTestbed()) ?? false;

const aSnapshot = /\/snapshots\//;
const aDisk = /\/disks\//;

describe("native snapshots at Azure", { skip }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let azure: ArmDouble;
  let client: KubeClient;
  let ark: Ark;
  let server: ArkServer;
  let credentials = "";
  let endpoints: Readonly<Record<string, string>> = {};
  const folder = mkdtempSync(join(tmpdir(), "ark-azure-"));
  const bucket = uniqueBucket("azure");
  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers.
  const get = async (path: string): Promise<any> =>
    JSON.parse((await client.get(path))?.toString() ?? "{}");
  const claims = "/api/v1/namespaces/shop/persistentvolumeclaims";
  const volumeAt = (name: string): string => `/api/v1/persistentvolumes/pv-${name}`;

  /** A disk, the object that stands for it, and its claim, bound. Returns the disk's id. */
  const makeVolume = async (name: string): Promise<string> => {
    // In a group that is not the one of the credentials: Velero's plugin would not find it.
    const id = azure.makeDisk({ name: `disk-${name}`, group: "apps" });
    const volume = azureInTreeVolume(id);
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "shop", name };
    const spec = {
      ...(volume["spec"] as object),
      persistentVolumeReclaimPolicy: "Retain",
      claimRef,
    };
    const metadata = { ...(volume["metadata"] as object), name: `pv-${name}` };
    await post("/api/v1/persistentvolumes", { ...volume, metadata, spec });
    const resources = { requests: { storage: "1Gi" } };
    const own = { accessModes: ["ReadWriteOnce"], storageClassName: "managed", resources };
    await post(claims, { metadata: { name }, spec: { ...own, volumeName: `pv-${name}` } });
    const bound = { status: { phase: "Bound", capacity: { storage: "4Gi" } } };
    const merge = "application/merge-patch+json";
    await client.demand("PATCH", `${claims}/${name}/status`, JSON.stringify(bound), merge);
    return id;
  };
  /** Removes claim and object; their finalizers are nobody's here. */
  const forget = async (name: string): Promise<void> => {
    const free = JSON.stringify({ metadata: { finalizers: null } });
    for (const path of [`${claims}/${name}`, volumeAt(name)]) {
      await client.demand("DELETE", path);
      await client.send("PATCH", path, free, "application/merge-patch+json");
      assert.equal(await client.get(path), undefined);
    }
  };
  /** The only snapshot of the disk and the only disk of that, which the object stands for. */
  const onlyCopies = async (id: string, name: string) => {
    const [snapshot, ...moreSnapshots] = azure.copiesOf(id, "snapshots");
    const [disk, ...moreDisks] = azure.copiesOf(snapshot?.id ?? "none", "disks");
    assert.deepEqual([moreSnapshots, moreDisks], [[], []]);
    const { azureDisk } = (await get(volumeAt(name))).spec;
    assert.deepEqual([azureDisk.diskURI, azureDisk.diskName], [disk?.id, disk?.name]);
    return { snapshot: snapshot!, disk: disk! };
  };

  before(async () => {
    azure = await startArmDouble();
    azure.operations.isQuick = true;
    const { AZURE_RESOURCE_MANAGER_ENDPOINT: arm = "", AZURE_AUTHORITY_HOST: authority = "" } =
      azure.env;
    endpoints = { AZURE_RESOURCE_MANAGER_ENDPOINT: arm, AZURE_AUTHORITY_HOST: authority };
    const lines = Object.entries(azure.env).filter(([key]) => !(key in endpoints));
    credentials = lines.map(([key, value]) => `${key}=${value}\n`).join("");
    minio = await sharedMinio();
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    await provideBucket(client, minio, bucket);
    const secret = { metadata: { name: "azure" }, stringData: { cloud: credentials } };
    await post("/api/v1/namespaces/ark-ts/secrets", secret);
    const plugins = join(folder, "none");
    mkdirSync(plugins);
    const options = { home: ark.home, env: endpoints };
    server = startArkServer(options, plane.kubeconfig, "--plugin-dir", plugins);
    await server.ready("leading");
    await createServedLocation(ark, minio, bucket);
    const disks = ["--provider", "azure", "--config", "resourceGroup=snapshots,incremental=true"];
    await ark.ok("snapshot-location", "create", "disks", ...disks, "--credential", "azure=cloud");
  });
  afterEach(() => {
    if (azure !== undefined) azure.fault = () => undefined;
  });
  after(async () => {
    server?.kill("SIGTERM");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
    await azure?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("are made, restored and deleted by a server, of a disk in any resource group", async () => {
    const id = await makeVolume("one");
    await ark.ok("backup", "create", "b", "--include-namespaces", "shop", "--wait");
    await forget("one");
    await ark.ok("restore", "create", "r", "--from-backup", "b", "--wait");
    const { snapshot, disk } = await onlyCopies(id, "one");
    const { "ark-ts.dev-idempotency-key": key, ...tags } = snapshot.tags;
    assert.match(key ?? "", /^[0-9a-f]{64}$/);
    assert.equal(tags["velero.io-backup"], "b");
    assert.equal(tags["velero.io-pv"], "pv-one");
    assert.equal(tags["team"], "shop");
    assert.match(snapshot.id, /\/resourceGroups\/snapshots\//);
    assert.equal(snapshot.properties["incremental"], true);
    assert.deepEqual([disk.sku?.name, disk.zones], ["Premium_LRS", ["2"]]);
    await ark.ok("backup", "delete", "b", "--confirm");
    assert.deepEqual(azure.copiesOf(id, "snapshots"), []);
    assert.ok(azure.resources.has(disk.id.toLowerCase()));
    await forget("one");
  });

  it("are made once where Azure's answers are lost, which is no error", async () => {
    const id = await makeVolume("two");
    const lost = new Set<string>();
    azure.fault = ({ method, path }) => {
      const kind = aSnapshot.test(path) ? "snapshot" : "disk";
      if (method !== "PUT" || lost.has(kind)) return undefined;
      lost.add(kind);
      return "lost";
    };
    await ark.ok("backup", "create", "c", "--include-namespaces", "shop", "--wait");
    await forget("two");
    await ark.ok("restore", "create", "s", "--from-backup", "c", "--wait");
    assert.deepEqual([...lost], ["snapshot", "disk"]);
    await onlyCopies(id, "two");
    await forget("two");
  });

  it("are made once by commands that are killed while Azure makes them, and go on", async () => {
    const file = join(folder, "credentials");
    writeFileSync(file, credentials);
    const alone = createArk(plane.kubeconfig, { ...endpoints, AZURE_CREDENTIALS_FILE: file });
    const mode = ["--mode", "standalone"];
    /** Runs it twice: killed when Azure gets its PUT, and to its end. */
    const killedAt = async (what: RegExp, ...command: readonly string[]): Promise<void> => {
      const asked = azure.count("PUT", what);
      let pid = 0;
      azure.fault = ({ method, path }) => {
        if (method !== "PUT" || !what.test(path) || azure.count("PUT", what) > asked + 1) {
          return undefined;
        }
        process.kill(pid, "SIGKILL");
        return "lost";
      };
      const onPid = (started: number): void => {
        pid = started;
      };
      const killed = await alone.runWith({ onPid }, ...command, ...mode);
      assert.equal(killed.status, -1, killed.stderr);
      await alone.ok(...command, ...mode);
      assert.equal(azure.count("PUT", what), asked + 1);
    };
    try {
      const id = await makeVolume("three");
      await killedAt(aSnapshot, "backup", "create", "k", "--include-namespaces", "shop");
      await forget("three");
      await killedAt(aDisk, "restore", "create", "t", "--from-backup", "k");
      await onlyCopies(id, "three");
      await forget("three");
    } finally {
      alone.remove();
    }
  });
});
