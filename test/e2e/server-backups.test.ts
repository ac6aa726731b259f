/** Backups by the real velero command against an ark-ts server, on the real API server and MinIO. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { runCommand } from "../support/run-command.ts";
import { provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { createVeleroCommand, type VeleroCommand } from "../support/velero-command.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { waitFor } from "../testbed/wait.ts";

const velerosKinds = "/apis/velero.io/v1/namespaces/ark-ts";

interface LiveBackup {
  readonly metadata: { readonly uid: string; readonly annotations?: Record<string, string> };
  readonly status?: {
    readonly phase?: string;
    readonly failureReason?: string;
    readonly validationErrors?: readonly string[];
    readonly progress?: { readonly itemsBackedUp: number };
  };
}

interface LiveEvent {
  readonly reason: string;
  readonly involvedObject: { readonly name: string };
}

describe("velero backup against an ark-ts server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  /** Between the server and the store. */
  let front: HttpFront;
  let client: KubeClient;
  let ark: Ark;
  let command: VeleroCommand;
  let folder: string;
  const bucket = uniqueBucket("server-backups");
  const servers: ArkServer[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ark-server-backups-"));
    const [started, store, binary] = await Promise.all([
      startControlPlane(),
      sharedMinio(),
      ensureBinary("velero"),
    ]);
    [plane, minio] = [started, store];
    front = await startHttpFront(minio.endpoint);
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig, {
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    });
    const explain = () => servers.at(-1)?.printed() ?? "";
    command = createVeleroCommand(binary, plane.kubeconfig, ark, explain);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    for (let at = 0; at < 20; at += 1) {
      const body = { metadata: { name: `c${at}` }, data: { at: `${at}` } };
      await post("/api/v1/namespaces/shop/configmaps", body);
    }
    await provideBucket(client, minio, bucket);
    const { region } = minio;
    const s3Url = front.endpoint;
    await post(`${velerosKinds}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name: "default" },
      spec: {
        provider: "aws",
        default: true,
        objectStorage: { bucket, prefix: "east" },
        config: { s3Url, region, s3ForcePathStyle: "true" },
        credential: { name: "minio", key: "cloud" },
      },
    });
    await start().ready("leading");
  });
  after(async () => {
    for (const server of servers) server.kill("SIGKILL");
    await Promise.all(servers.map(({ ended }) => ended));
    ark?.remove();
    await front?.close();
    await client?.close();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const start = (): ArkServer => {
    const server = startArkServer(ark, plane.kubeconfig);
    servers.push(server);
    return server;
  };
  const live = async (name: string): Promise<LiveBackup> =>
    JSON.parse((await client.demand("GET", `${velerosKinds}/backups/${name}`)).toString());
  const comesTo = (name: string, ...phases: readonly string[]) =>
    waitFor(
      `${name} to be ${phases}`,
      async () => phases.includes((await live(name)).status?.phase ?? ""),
      { timeoutMs: 240_000 },
    );

  it("create --wait, get, describe --details, logs and download work", async () => {
    const created = await command.says(
      "backup",
      "create",
      "b1",
      "--include-namespaces",
      "shop",
      "--wait",
    );
    assert.match(created, /Backup completed with status: Completed/);
    assert.match(await command.says("backup", "get"), /b1 +Completed +0 +0 .* 29d +default/);
    const described = await command.says("backup", "describe", "b1", "--details");
    assert.match(described, /Phase: +Completed/);
    assert.match(described, /Storage Location: +default/);
    assert.match(described, /Items backed up: +\d+/);
    assert.match(described, /Resource List:\n(?:.*\n)*? +v1\/ConfigMap:\n +- shop\/c0/);
    assert.doesNotMatch(described, /error|not found/i);
    assert.match(await command.says("backup", "logs", "b1"), /backup started/);
    const archive = join(folder, "b1-data.tar.gz");
    await command.says("backup", "download", "b1", "-o", archive);
    assert.ok(existsSync(archive));
    const { stdout } = await runCommand("tar", ["tzf", archive], {});
    assert.match(stdout, /resources\/configmaps\/namespaces\/shop\/c7\.json/);
  });

  it("create of what is wrong says what", async () => {
    const refused = await command.run("backup", "create", "bad", "--storage-location", "moon");
    assert.equal(refused.status, 1);
    await post(`${velerosKinds}/backups`, {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "wrong" },
      spec: { includedNamespaces: ["*", "shop"] },
    });
    await comesTo("wrong", "FailedValidation");
    const said = await command.says("backup", "describe", "wrong");
    assert.match(
      said,
      /Validation errors: +namespaces: the include list has "\*" beside other items/,
    );
  });

  it("34: goes on under a new leader when its own is killed in mid-run, and once", async (t) => {
    const standby = start();
    await standby.ready("standing by");
    const leader = servers.at(-2);
    let killedMs = 0;
    front.spoil = ({ method, url }) => {
      const isArchive = decodeURIComponent(url).includes("/k1/k1.tar.gz");
      if (killedMs > 0 || !isArchive || method === "GET") return "pass";
      killedMs = performance.now();
      leader?.kill("SIGKILL");
      return "hang";
    };
    const names = ["k0", "k1", "k2", "k3"];
    for (const name of names) {
      await post(`${velerosKinds}/backups`, {
        apiVersion: "velero.io/v1",
        kind: "Backup",
        metadata: { name },
        spec: { includedNamespaces: ["shop"] },
      });
    }
    await waitFor("the leader to be killed", async () => killedMs > 0, { timeoutMs: 240_000 });
    const before = await live("k1");
    assert.equal(before.status?.phase, "InProgress");
    await standby.ready("leading");
    const leadingMs = performance.now();
    await comesTo("k1", "Completed", "Failed", "PartiallyFailed");
    t.diagnostic(
      `led again ${Math.round(leadingMs - killedMs)} ms after the kill, and the run was over ${Math.round(performance.now() - leadingMs)} ms later`,
    );
    for (const name of names) await comesTo(name, "Completed");
    const { metadata, status } = await live("k1");
    assert.equal(metadata.uid, before.metadata.uid);
    assert.equal(status?.failureReason, undefined);
    const events = JSON.parse(
      (await client.demand("GET", "/api/v1/namespaces/ark-ts/events")).toString(),
    ) as { readonly items: readonly LiveEvent[] };
    const takenUp = events.items
      .filter(({ reason }) => reason === "BackupTakenUp")
      .map(({ involvedObject }) => involvedObject.name);
    // On a busy machine the second leader may lose its Lease as well, and win it again.
    const terms = standby.log.filter(({ msg }) => msg === "leading").length;
    assert.ok(takenUp.includes("k1"), takenUp.join());
    if (terms === 1) assert.deepEqual(takenUp, ["k1"]);
    for (const name of takenUp) {
      const times = takenUp.filter((other) => other === name).length;
      assert.ok(times <= terms, `${name} was taken up ${times} times in ${terms} terms`);
    }
    const config = `region=${minio.region},s3Url=${minio.endpoint},s3ForcePathStyle=true`;
    const place = `s3://${bucket}/east`;
    await ark.ok("mode", "set", "standalone");
    await ark.ok("backup-location", "set", "prod", place, "--config", config, "--default");
    for (const name of names) await ark.ok("backup", "verify", name);
  });

  it("35: is cancelled by its annotation, and by the end of its Backup, while others go on", async () => {
    const held: string[] = [];
    front.spoil = ({ method, url }) => {
      const name = /\/(c[12])\.tar\.gz/.exec(decodeURIComponent(url))?.[1];
      if (name === undefined || method === "GET") return "pass";
      held.push(name);
      return "hang";
    };
    const make = (name: string) =>
      post(`${velerosKinds}/backups`, {
        apiVersion: "velero.io/v1",
        kind: "Backup",
        metadata: { name },
        spec: { includedNamespaces: ["shop"] },
      });
    for (const name of ["c1", "c2", "c3"]) await make(name);
    const isHeld = (name: string) =>
      waitFor(`${name} to be held`, async () => held.includes(name), { timeoutMs: 240_000 });
    await isHeld("c1");
    const patch = { metadata: { annotations: { "ark-ts.dev/cancel": "" } } };
    const mergePatch = "application/merge-patch+json";
    const path = `${velerosKinds}/backups/c1`;
    await client.demand("PATCH", path, JSON.stringify(patch), mergePatch);
    await comesTo("c1", "Failed");
    const { metadata, status } = await live("c1");
    assert.equal(metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    assert.match(status?.failureReason ?? "", /cancelled/);
    assert.match(await command.says("backup", "logs", "c1"), /cancelled/);
    await isHeld("c2");
    await client.demand("DELETE", `${velerosKinds}/backups/c2`);
    await comesTo("c3", "Completed");
  });
});
