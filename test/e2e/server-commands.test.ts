/** ark-ts's own commands in server mode, against `ark-ts server`, a real API server and MinIO. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Ark, createArk } from "../support/ark.ts";
import { type ArkServer, startArkServer } from "../support/ark-server.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { provideBucket } from "../support/served-location.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { createVeleroCommand, type VeleroCommand } from "../support/velero-command.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";
import type { MinioAccess } from "../testbed/minio-access.ts";
import { waitFor } from "../testbed/wait.ts";

const velerosKinds = "/apis/velero.io/v1/namespaces/ark-ts";

describe("ark-ts in server mode, as a user types it", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let minio: MinioAccess;
  let client: KubeClient;
  let ark: Ark;
  let velero: VeleroCommand;
  let server: ArkServer;
  const bucket = uniqueBucket("server-commands");

  before(async () => {
    [plane, minio] = await Promise.all([startControlPlane(), sharedMinio()]);
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    velero = createVeleroCommand(await ensureBinary("velero"), plane.kubeconfig, ark);
    await ark.ok("install", "--crds-only");
    for (const name of ["ark-ts", "shop"]) await post("/api/v1/namespaces", { metadata: { name } });
    for (const name of ["one", "two"]) {
      const body = { metadata: { name }, data: { of: name } };
      await post("/api/v1/namespaces/shop/configmaps", body);
    }
    await provideBucket(client, minio, bucket);
    server = startArkServer(ark, plane.kubeconfig);
    await server.ready("leading");
  });
  after(async () => {
    server?.kill("SIGKILL");
    await server?.ended;
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  const post = (path: string, object: object) =>
    client.demand("POST", path, JSON.stringify(object));
  const fails = async (status: number, ...args: readonly string[]) => {
    const ran = await ark.run(...args);
    assert.equal(ran.status, status, `${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
    return ran;
  };
  it("finds the server, and makes a location that comes to be available", async () => {
    const { endpoint, region } = minio;
    const create = ["backup-location", "create", "default", `s3://${bucket}`];
    const config = `s3Url=${endpoint},region=${region},s3ForcePathStyle=true`;
    const made = await ark.run(
      ...create,
      "--config",
      config,
      "--credential",
      "minio=cloud",
      "--default",
    );
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stderr, /^server: \S+ leads in namespace ark-ts of context /m);
    // Commands that only read look for 3 s, which may be too short on a busy machine.
    await ark.ok("mode", "set", "server");
    await waitFor(
      "the location to be available",
      async () => (await ark.ok("backup-location", "get")).includes("Available"),
      { timeoutMs: 240_000 },
    );
    assert.match(await velero.says("backup-location", "get"), /default +aws +\S+ +Available/);
  });

  it("version tells both versions, and plugin get the plugins", async () => {
    assert.match(await ark.ok("version"), /^ark-ts \S+ .*\nserver \S+ in namespace ark-ts\n$/);
    assert.match(await ark.ok("plugin", "get"), /ObjectStore/);
  });

  it("backs up and waits, and Velero's command lists the same", async () => {
    const out = await ark.ok("backup", "create", "b1", "--include-namespaces", "shop", "--wait");
    assert.match(out, /^backup b1: completed in .* s\n {2}\d+ items/);
    assert.match(
      await ark.ok("backup", "get"),
      /^NAME +STATUS .*\nb1 +Completed +0 +0 .* default /,
    );
    assert.match(
      await velero.says("backup", "get"),
      /^NAME +STATUS .*\nb1 +Completed +0 +0 .* default /,
    );
    const taken = await fails(1, "backup", "create", "b1");
    assert.match(taken.stderr, /there is a backup "b1" .* already/);
  });

  it("describe --details, logs and download fetch what Velero's command fetches", async () => {
    const described = await ark.ok("backup", "describe", "b1", "--details");
    const theirs = await velero.says("backup", "describe", "b1", "--details");
    for (const line of ["v1/ConfigMap:", "- shop/one", "- shop/two"]) {
      assert.ok(described.includes(line), described);
      assert.ok(theirs.includes(line), theirs);
    }
    assert.equal(await ark.ok("backup", "logs", "b1"), await velero.says("backup", "logs", "b1"));
    const ours = join(ark.home, "ours.tar.gz");
    const veleros = join(ark.home, "theirs.tar.gz");
    await ark.ok("backup", "download", "b1", "-o", ours);
    await velero.says("backup", "download", "b1", "-o", veleros);
    assert.deepEqual(readFileSync(ours), readFileSync(veleros));
    const { items } = JSON.parse(
      (await client.demand("GET", `${velerosKinds}/downloadrequests`)).toString(),
    );
    const left = (items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    // Velero's client leaves its own to the server's sweep: seven of them or fewer.
    assert.ok(left.length <= 7, left.join(" "));
  });

  it("a backup that the server refuses ends --wait with 1, and says why without a log", async () => {
    const args = ["backup", "create", "bad", "--storage-location", "nowhere", "--wait"];
    const { stdout } = await fails(1, ...args);
    assert.match(stdout, /^backup bad: failed validation/);
    assert.match(stdout, /error +.*nowhere/);
    const logs = await fails(1, "backup", "logs", "bad");
    assert.match(logs.stderr, /backup "bad" has no log: it is FailedValidation\n[\s\S]*nowhere/);
    const cancel = await fails(1, "backup", "cancel", "bad");
    assert.match(cancel.stdout, /backup bad had ended already: FailedValidation/);
  });

  it("plans a backup, and a restore from the server's bucket, without asking the server for either", async () => {
    const plan = await ark.ok("backup", "plan", "next", "--include-namespaces", "shop");
    assert.match(plan, /^plan next: \d+ objects/);
    const words = ["restore", "plan", "--from-backup", "b1", "--namespace-mappings", "shop:copy"];
    const { status, stdout, stderr } = await ark.run(...words);
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stderr, /^reading location default \(s3:\/\/.*\) from here, with Secret minio$/m);
    assert.match(stdout, /seen with your own rights; the server looks for itself/);
    assert.doesNotMatch(await ark.ok("backup", "get", "-o", "name"), /next/);
    assert.equal(await ark.ok("restore", "get", "-o", "name"), "");
  });

  it("restores into another namespace, and tells of it", async () => {
    const create = ["restore", "create", "r1", "--from-backup", "b1"];
    const out = await ark.ok(...create, "--namespace-mappings", "shop:copy", "--wait");
    assert.match(out, /^restore r1: completed in .* s\n/);
    const found = await client.demand("GET", "/api/v1/namespaces/copy/configmaps/one");
    assert.equal(JSON.parse(found.toString()).data.of, "one");
    assert.match(await ark.ok("restore", "get"), /^NAME +BACKUP .*\nr1 +b1 +Completed/);
    assert.match(await ark.ok("restore", "describe", "r1", "--details"), /shop=copy/);
    assert.equal(await ark.ok("restore", "logs", "r1"), await velero.says("restore", "logs", "r1"));
    assert.equal(await ark.ok("restore", "delete", "r1", "--confirm"), "restore r1: deleted\n");
  });

  it("collects a bundle that names what could not be read, with nothing of the credentials", async () => {
    const file = join(ark.home, "bundle.tar.gz");
    const { status, stdout, stderr } = await ark.run("debug", "--backup", "b1", "-o", file);
    assert.equal(status, 0, `${stdout}${stderr}`);
    const text = gunzipSync(readFileSync(file)).toString("latin1");
    assert.match(text, /"serverVersion"/);
    assert.match(text, /Name: +b1/);
    for (const secret of [
      minio.secretAccessKey,
      Buffer.from(minio.secretAccessKey).toString("base64"),
    ]) {
      assert.ok(!text.includes(secret));
    }
  });

  it("deletes a backup and waits until bucket and cluster have forgotten it", async () => {
    assert.equal(await ark.ok("backup", "delete", "b1", "--confirm"), "backup b1: deleted\n");
    const { stderr } = await fails(1, "backup", "describe", "b1");
    assert.match(stderr, /there is no backup "b1" in namespace ark-ts/);
  });

  it("a backup for a server that is gone is cancelled by none, in the time that was given", async () => {
    server.kill("SIGKILL");
    await server.ended;
    await ark.ok("backup", "create", "late", "--mode", "server");
    const { stderr } = await fails(
      1,
      ...["backup", "cancel", "late", "--mode", "server", "--timeout", "500ms"],
    );
    assert.match(stderr, /backup "late" has not ended 0\.5 s after it was asked to: it is New/);
    const version = await fails(1, "version", "--mode", "server", "--timeout", "500ms");
    assert.match(version.stderr, /no server in namespace ark-ts .* has answered within 0\.5 s/);
  });
});
