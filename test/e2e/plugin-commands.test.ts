import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { openMotoVolumes } from "../support/moto-volumes.ts";
import { sharedMinio, uniqueBucket, whyNoTestbed } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { startMoto } from "../testbed/moto.ts";
import { whyNoMoto } from "../testbed/moto-programs.ts";

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
const noMoto = noTestbed || ((await whyNoMoto()) ?? false);
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

  describe("with a volume", () => {
    /** The file of a PersistentVolume with this source, as kubectl prints one. */
    const fileOf = (name: string, source: string): string => {
      const file = join(root, `${name}.yaml`);
      const head = `apiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: ${name}\n`;
      const time = "  creationTimestamp: 2026-01-01T00:00:00Z\n";
      const spec = `spec:\n  accessModes: [ReadWriteOnce]\n  capacity: {storage: 1Gi}\n  ${source}\n`;
      writeFileSync(file, `${head}${time}${spec}`);
      return file;
    };

    it("asks a snapshotter for a snapshot, and leaves none", async () => {
      const disks = join(root, "disks");
      mkdirSync(join(disks, "disks"), { recursive: true });
      writeFileSync(join(disks, "disks", "one"), "data");
      const program = await buildPlugin("disks", join(root, "of-disks"));
      const test = (file: string) =>
        arkTs(["plugin", "test", program, "--volume", file, "--config", `folder=${disks}`]);
      const kept = test(fileOf("one", "hostPath: {path: /disks/one}"));
      assert.equal(kept.status, 0, `${kept.stdout}${kept.stderr}`);
      assert.match(kept.stdout, /makes a snapshot +kept +snap-one-ark-ts-plugin-test-/);
      assert.match(kept.stderr, / 0 broken, 0 not asked/);
      assert.deepEqual(readdirSync(join(disks, "snapshots")), []);
      const broken = test(fileOf("two", "hostPath: {path: /disks/two}"));
      assert.equal(broken.status, 1, broken.stderr);
      assert.match(broken.stdout, /describes its volume +broken +there is no disk two/);
      const strange = test(fileOf("three", "nfs: {server: nfs.lab, path: /}"));
      assert.match(
        strange.stdout,
        /reads the id of its volume +broken +it takes the volume as none/,
      );
    });

    it("refuses a file that holds none", () => {
      const file = join(root, "pod.yaml");
      writeFileSync(file, "kind: Pod\n");
      const { status, stderr } = arkTs(["plugin", "test", example, "--volume", file]);
      assert.equal(status, 2);
      assert.match(stderr, /it holds no PersistentVolume/);
    });

    it("finds that Velero's plugin for AWS keeps all of them on moto", {
      skip: noMoto,
    }, async () => {
      const moto = await startMoto();
      try {
        const volumes = openMotoVolumes(moto);
        const id = await volumes.make();
        volumes.close();
        const path = await ensureBinary("velero-plugin-for-aws");
        const file = fileOf("ebs", `awsElasticBlockStore: {volumeID: ${id}, fsType: ext4}`);
        const given = ["--volume", file, "--config", `region=${moto.region}`];
        const { status, stdout, stderr } = arkTs(["plugin", "test", path, ...given], moto.env);
        assert.equal(status, 0, `${stdout}${stderr}`);
        assert.match(stdout, /makes a snapshot +kept +snap-/);
        assert.match(stderr, / 0 broken, 1 not asked/);
      } finally {
        await moto.stop();
      }
    });
  });
});
