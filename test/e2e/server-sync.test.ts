/** A bucket shared with a real Velero: sync, and the kinds taken away and brought back. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
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
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly unknown[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Without what Velero's types write where nothing was said, and without hooks. */
const said = ({ hooks: _, ...spec }: Resource["spec"]) =>
  Object.fromEntries(
    Object.entries(spec).filter(([, value]) => !['"0s"', "{}"].includes(JSON.stringify(value))),
  );

const kindsPath = (namespace: string) => `/apis/velero.io/v1/namespaces/${namespace}`;
const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const ours = kindsPath("ark-ts");
const withinMs = { timeoutMs: 240_000 };

describe("a bucket shared with Velero 1.18.3", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let client: KubeClient;
  let ark: Ark;
  let velero: Velero;
  let server: ArkServer;
  let isVeleroUp = false;
  const bucket = uniqueBucket("sync");

  before(async () => {
    [plane, minio] = await Promise.all([startControlPlane(), sharedMinio()]);
    await minio.createBucket(bucket);
    client = connectKube(plane.kubeconfig);
    const { accessKeyId, secretAccessKey, endpoint: s3Url, region } = minio;
    ark = createArk(plane.kubeconfig, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    velero = await startVelero(plane, minio, { bucket });
    isVeleroUp = true;
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    const cloud = `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
    await post("/api/v1/namespaces/ark-ts/secrets", {
      metadata: { name: "minio" },
      stringData: { cloud },
    });
    await post("/api/v1/namespaces/shop/configmaps", { metadata: { name: "one" } });
    const config = `region=${region},s3ForcePathStyle=true,s3Url=${s3Url}`;
    await ark.ok(
      ...["backup-location", "set", "shared", `s3://${bucket}`, "--config", config, "--default"],
    );
    server = startArkServer(ark, plane.kubeconfig);
    await server.ready("leading");
    await post(`${ours}/backupstoragelocations`, {
      ...{ apiVersion: "velero.io/v1", kind: "BackupStorageLocation" },
      metadata: { name: "main" },
      spec: {
        ...{ provider: "aws", objectStorage: { bucket }, backupSyncPeriod: "1s", default: true },
        config: { s3Url, region, s3ForcePathStyle: "true" },
        credential: { name: "minio", key: "cloud" },
      },
    });
  });
  after(async () => {
    server?.kill("SIGKILL");
    await server?.ended;
    if (isVeleroUp) await velero.stop();
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const read = async (path: string): Promise<Resource | undefined> => {
    const body = await client.get(path);
    return body && (JSON.parse(body.toString()) as Resource);
  };
  const appears = (path: string) => waitFor(path, () => read(path), withinMs);
  const goes = (path: string) =>
    waitFor(`${path} to be gone`, async () => (await read(path)) === undefined, withinMs);

  /** All at once as Velero does it, or each for itself. */
  const removeKinds = async (way: "velero uninstall" | "kubectl delete crd"): Promise<void> => {
    const found = await client.demand("GET", definitionsPath);
    const { items } = JSON.parse(found.toString()) as { readonly items: readonly Resource[] };
    const names = items.map(({ metadata }) => metadata.name);
    assert.equal(names.filter((name) => name.endsWith(".velero.io")).length, 13);
    const paths =
      way === "velero uninstall"
        ? [`${definitionsPath}?labelSelector=component%3Dvelero`]
        : names.map((name) => `${definitionsPath}/${name}`);
    for (const path of paths) await client.demand("DELETE", path);
  };

  it("shows backups of both in both, field by field the same", async () => {
    const labels = ["--labels", "team=a"];
    await velero.ok(
      "backup",
      "create",
      "from-velero",
      "--include-namespaces",
      "shop",
      ...labels,
      "--wait",
    );
    await ark.ok(
      "--mode",
      "standalone",
      "backup",
      "create",
      "from-ark",
      "--include-namespaces",
      "shop",
      ...labels,
    );
    await velero.sync();
    for (const name of ["from-velero", "from-ark"]) {
      const mine = await appears(`${ours}/backups/${name}`);
      const theirs = await appears(`${kindsPath("velero")}/backups/${name}`);
      const {
        "ark-ts.dev/stored-at": place,
        "ark-ts.dev/taken-in": takenIn,
        ...annotations
      } = mine.metadata.annotations ?? {};
      assert.equal(takenIn, "true");
      assert.equal(place, `aws:${bucket} at ${minio.endpoint}`);
      assert.equal(mine.metadata.labels?.["velero.io/storage-location"], "main");
      const relabelled = { ...mine.metadata.labels, "velero.io/storage-location": "default" };
      assert.deepEqual(relabelled, theirs.metadata.labels, name);
      const { "kubectl.kubernetes.io/last-applied-configuration": _, ...notes } =
        theirs.metadata.annotations ?? {};
      assert.deepEqual(annotations, notes, name);
      assert.deepEqual({ ...said(mine.spec), storageLocation: "default" }, said(theirs.spec), name);
      assert.deepEqual(mine.status, theirs.status, name);
    }
  });

  it("forgets what Velero has deleted there, and nothing else", async () => {
    await velero.ok("backup", "delete", "from-velero", "--confirm");
    await goes(`${ours}/backups/from-velero`);
    assert.ok(await read(`${ours}/backups/from-ark`));
  });

  it("outlives a removal of the kinds: what stood is made again, the backups come from the bucket", async (t) => {
    await post(`${ours}/schedules`, {
      ...{ apiVersion: "velero.io/v1", kind: "Schedule", metadata: { name: "yearly" } },
      spec: { schedule: "@yearly", template: { includedNamespaces: ["shop"] } },
    });
    await post(`${ours}/schedules`, {
      ...{ apiVersion: "velero.io/v1", kind: "Schedule", metadata: { name: "unwanted" } },
      spec: { schedule: "@yearly", template: {} },
    });
    const copy = (name: string) =>
      `/api/v1/namespaces/ark-ts/configmaps/ark-ts-copy-schedules-${name}`;
    await appears(copy("yearly"));
    await appears(copy("unwanted"));
    await client.demand("DELETE", `${ours}/schedules/unwanted`);
    await goes(copy("unwanted"));
    await velero.stop();
    isVeleroUp = false;
    for (const way of ["velero uninstall", "kubectl delete crd"] as const) {
      const before = await appears(`${ours}/schedules/yearly`);
      await removeKinds(way);
      const isSaid = async () => {
        const page = await server.page("/readyz");
        return page?.status === 503 && page.body.includes("schedules.velero.io") && page.body;
      };
      t.diagnostic(await waitFor("the server to say so", isSaid, withinMs));
      await goes(`${definitionsPath}/schedules.velero.io`);
      assert.ok(await read(copy("yearly")));
      await ark.ok("install", "--crds-only");
      const began = performance.now();
      const after = await appears(`${ours}/schedules/yearly`);
      // The API server leaves the objects of definitions that are deleted together where they are.
      assert.equal(after.metadata.uid === before.metadata.uid, way === "velero uninstall");
      assert.deepEqual(after.spec, before.spec);
      assert.equal((await appears(`${ours}/backups/from-ark`)).status?.["phase"], "Completed");
      t.diagnostic(`${way}: all is back after ${Math.round(performance.now() - began)} ms`);
      assert.equal(await read(`${ours}/schedules/unwanted`), undefined);
      await server.ready("leading");
    }
  });
});
