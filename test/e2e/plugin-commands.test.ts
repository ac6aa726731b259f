import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";

const root = mkdtempSync(join(tmpdir(), "ark-plugin-commands-"));
const folder = join(root, "plugins");
after(() => rmSync(root, { recursive: true, force: true }));

function arkTs(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const path = process.env["PATH"] ?? "";
  return spawnSync(resolve("cmd/ark-ts"), args, {
    encoding: "utf8",
    env: { PATH: path, HOME: root, ...env },
  });
}

const noTestbed = await whyNoTestbed();
let example = "";
before(async () => {
  example = await buildPlugin("every-kind", folder);
});

describe("ark-ts plugin get --plugin-dir", () => {
  it("lists what executables serve, and names the one that is no plugin (plugins.md g.1, test 13)", () => {
    writeFileSync(join(folder, "broken"), "#!/bin/sh\necho hello there\n");
    chmodSync(join(folder, "broken"), 0o755);
    const { status, stdout, stderr } = arkTs(["plugin", "get", "--plugin-dir", folder]);
    assert.equal(status, 1);
    assert.match(stdout, /example\.io\/stamp +BackupItemAction +Available/);
    assert.match(stdout, /- +- +Failed .*broken/);
    assert.match(stderr, /broken" is no plugin of Velero.*"hello there"/);
    rmSync(join(folder, "broken"));
  });

  it("uses a name of two executables once, and says so", () => {
    symlinkSync(example, join(folder, "second"));
    const { status, stdout, stderr } = arkTs(["plugin", "get", "--plugin-dir", folder]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.match(/example\.io\/stamp/g)?.length, 1);
    assert.match(stderr, /second: passed over: BackupItemAction example\.io\/stamp: .* already/);
    rmSync(join(folder, "second"));
  });
});

describe("a location of a provider that only a plugin has", () => {
  it("is served by the executable in the folder of plugins", () => {
    const env = { ARKTS_PLUGIN_DIR: folder };
    const set = ["backup-location", "set", "m", "--provider", "example.io/memory", "--bucket", "b"];
    const made = arkTs(set, env);
    assert.equal(made.status, 0, made.stderr);
    const tested = arkTs(["backup-location", "test", "m"], env);
    assert.match(tested.stdout, /put +yes/);
    assert.match(tested.stdout, /get +yes +same bytes read back/);
    assert.equal(tested.status, 0, tested.stderr);
    const empty = join(root, "empty");
    const without = arkTs(["backup-location", "test", "m"], { ARKTS_PLUGIN_DIR: empty });
    assert.equal(without.status, 2, without.stderr);
    assert.match(without.stderr, /no object store for provider "example\.io\/memory"/);
  });
});

describe("ark-ts plugin test", () => {
  it("finds the one promise that the example does not keep", () => {
    const { status, stdout, stderr } = arkTs(["plugin", "test", example, "--bucket", "b"]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /21 promises kept, 1 broken, 1 not asked/);
    assert.match(stdout, /signs URLs +broken +this store signs no URLs/);
  });

  it("refuses what is no plugin", () => {
    const { status, stderr } = arkTs(["plugin", "test", "/bin/true"]);
    assert.equal(status, 1);
    assert.match(stderr, /ARK_PLUGIN_START/);
  });

  it("finds that Velero's plugin for AWS keeps all of them on MinIO", {
    skip: noTestbed,
  }, async () => {
    const minio = await sharedMinio();
    const bucket = uniqueBucket("plugin");
    await minio.createBucket(bucket);
    const config = `s3Url=${minio.endpoint},region=${minio.region},s3ForcePathStyle=true`;
    const path = await ensureBinary("velero-plugin-for-aws");
    const { status, stdout, stderr } = arkTs(
      ["plugin", "test", path, "--bucket", bucket, "--config", config],
      { AWS_ACCESS_KEY_ID: minio.accessKeyId, AWS_SECRET_ACCESS_KEY: minio.secretAccessKey },
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /keeps nothing of a put that broke off +kept/);
    assert.match(stderr, /14 promises kept, 0 broken, 1 not asked/);
  });
});
