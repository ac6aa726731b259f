import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { runCommand } from "../support/run-command.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { waitFor } from "../testbed/wait.ts";

const namespaced = "/api/v1/namespaces/ark-ts";
const velerosKinds = "/apis/velero.io/v1/namespaces/ark-ts";
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/ark-ts/leases/ark-ts";

interface Location {
  readonly status?: { readonly phase?: string; readonly message?: string };
}

describe("ark-ts server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let client: KubeClient;
  let ark: Ark;
  let binary: string;
  const servers: ArkServer[] = [];

  before(async () => {
    [plane, minio, binary] = await Promise.all([
      startControlPlane(),
      sharedMinio(),
      ensureBinary("velero"),
    ]);
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await post("/api/v1/namespaces", { metadata: { name: "ark-ts" } });
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
  const start = (...args: readonly string[]): ArkServer => {
    const server = startArkServer(ark, plane.kubeconfig, ...args);
    servers.push(server);
    return server;
  };
  const velero = async (...args: readonly string[]): Promise<string> => {
    const env = { KUBECONFIG: plane.kubeconfig, HOME: ark.home };
    const { status, stdout, stderr } = await runCommand(binary, [...args, "-n", "ark-ts"], { env });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };
  /** As `kubectl create` would. */
  const createLocation = async (name: string, bucket: string) => {
    const { endpoint: s3Url, region } = minio;
    await post(`${velerosKinds}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name },
      spec: {
        provider: "aws",
        objectStorage: { bucket },
        config: { s3Url, region, s3ForcePathStyle: "true" },
        credential: { name: "minio", key: "cloud" },
      },
    });
  };
  const phaseOf = async (name: string) => {
    const body = await client.demand("GET", `${velerosKinds}/backupstoragelocations/${name}`);
    return (JSON.parse(body.toString()) as Location).status;
  };
  const becomes = (name: string, phase: string) =>
    waitFor(
      `${name} to be ${phase}`,
      async () => {
        const status = await phaseOf(name);
        return status?.phase === phase && status;
      },
      { timeoutMs: 240_000 },
    );

  it("says what to install where the kinds are missing, and ends", async () => {
    const server = start();
    assert.equal(await server.ended, 1);
    assert.match(server.printed(), /does not serve 13 of the 13 kinds/);
    assert.match(server.printed(), /ark-ts install --crds-only/);
  });

  it("makes a location available, and answers the velero command", async () => {
    await ark.ok("install", "--crds-only");
    const cloud = `[default]\naws_access_key_id=${minio.accessKeyId}\naws_secret_access_key=${minio.secretAccessKey}\n`;
    await post(`${namespaced}/secrets`, { metadata: { name: "minio" }, stringData: { cloud } });
    const leader = start();
    await leader.ready("leading");
    const bucket = uniqueBucket("server");
    await minio.createBucket(bucket);
    await createLocation("default", bucket);
    await becomes("default", "Available");
    assert.match(await velero("version"), /Server:\s+Version: 0\.\d+\.\d+/);
    assert.match(await velero("plugin", "get"), /velero\.io\/aws +ObjectStore/);
    const [heading, row] = (await velero("backup-location", "get")).trim().split("\n");
    assert.match(heading ?? "", /^NAME +PROVIDER +BUCKET\/PREFIX +PHASE +LAST VALIDATED/);
    assert.match(row ?? "", new RegExp(`^default +aws +${bucket} +Available .* ReadWrite +true`));
    await createLocation("nowhere", uniqueBucket("missing"));
    const { message } = await becomes("nowhere", "Unavailable");
    assert.match(message ?? "", /NoSuchBucket|does not exist/);
    // The gauges follow the server's own watch of the locations.
    for (const line of [
      'velero_backup_location_status_gauge{backup_location_name="default"} 1',
      'velero_backup_location_status_gauge{backup_location_name="nowhere"} 0',
      'velero_backup_attempt_total{schedule=""} 0',
    ]) {
      const isShown = async () => (await leader.page("/metrics"))?.body.split("\n").includes(line);
      await waitFor(line, isShown, { timeoutMs: 240_000 });
    }
    assert.ok(!leader.printed().includes(minio.secretAccessKey));
  });

  it("is taken over after the leader's sudden end, and hands over when asked to stop", async (t) => {
    const first = servers.at(-1) as ArkServer;
    const second = start();
    // On a busy machine the Lease may pass from one to the other before both are up.
    const roles = async () => {
      const isLeading = async (one: ArkServer) => {
        const { status, body = "" } = (await one.page("/readyz")) ?? {};
        if (status !== 200) return undefined;
        return body.includes("leading") ? true : body.includes("standing by") ? false : undefined;
      };
      const [one, other] = [await isLeading(first), await isLeading(second)];
      if (one === true && other === false) return [first, second] as const;
      return one === false && other === true && ([second, first] as const);
    };
    const limits = { timeoutMs: 240_000 };
    const [leader, standby] = await waitFor("one that leads and one that stands by", roles, limits);
    leader.kill("SIGKILL");
    const began = performance.now();
    await standby.ready("leading");
    t.diagnostic(`taken over after ${Math.round(performance.now() - began)} ms`);
    const bucket = uniqueBucket("second");
    await minio.createBucket(bucket);
    await createLocation("second", bucket);
    await becomes("second", "Available");
    standby.kill("SIGTERM");
    assert.equal(await standby.ended, 0);
    const lease = JSON.parse((await client.demand("GET", leasePath)).toString()) as {
      readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions: number };
    };
    assert.equal(lease.spec.holderIdentity ?? "", "");
    assert.ok(lease.spec.leaseTransitions >= 2);
  });
});
