/** `ark-ts plugin add` of images in Velero's form, on a real node: pods run what they bring. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { basePackages } from "../../deploy/image/base-packages.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { createEbsClaims } from "../support/ebs-claims.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { loadServerImage } from "../support/load-server-image.ts";
import { type MotoVolumes, openMotoVolumes, tagsOf } from "../support/moto-volumes.ts";
import { loadPluginImages } from "../support/plugin-images.ts";
import type { CommandResult } from "../support/run-command.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { sharedMinio, uniqueBucket, uniqueNamespace } from "../support/shared-testbed.ts";
import { ensureBinary } from "../testbed/binaries.ts";
import { type Moto, startMoto } from "../testbed/moto.ts";
import { whyNoMoto } from "../testbed/moto-programs.ts";
import { whyNoPackages } from "../testbed/pinned-packages.ts";
import { waitFor } from "../testbed/wait.ts";

const serverImage = "testbed.local/ark-ts:plugins";
const aws = "testbed.local/velero/velero-plugin-for-aws:v1";
const example = "testbed.local/example/every-kind:v1";
/** Nobody listens there: what the node has not got cannot be pulled. */
const broken = "localhost:1/velero/broken";
const skip =
  (await whyNoSharedNode()) ||
  (await whyNoPackages(basePackages)) ||
  ((await whyNoMoto()) ?? false);
const timeoutMs = 240_000;

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly initContainers?: readonly {
      readonly name: string;
      readonly securityContext: Readonly<Record<string, unknown>>;
    }[];
  };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

describe("images of plugins on a real node", { skip }, () => {
  const namespace = uniqueNamespace("plugins");
  const shop = uniqueNamespace("shop");
  const claim = uniqueNamespace("disk");
  const bucket = uniqueBucket("plugins");
  const server = ["-n", namespace, "--mode", "server"];
  const fronts: HttpFront[] = [];
  let node: NodeAccess;
  let client: KubeClient;
  let ark: Ark;
  let moto: Moto;
  let volumes: MotoVolumes;
  let folder: string;
  let program: string;

  before(async () => {
    node = await sharedNode();
    client = connectKube(node.controlPlane.kubeconfig);
    folder = mkdtempSync(join(tmpdir(), "ark-plugin-node-"));
    program = await ensureBinary("velero-plugin-for-aws");
    // Where the server's image has its Node; there is no `env` in it.
    const script = await buildPlugin("every-kind", folder, "/usr/bin/node");
    await loadServerImage(node, serverImage);
    await loadPluginImages(node, [
      { name: aws, program },
      { name: example, program: script },
      { name: `${broken}:entry`, program: script, entrypoint: ["copy-plugins"] },
      {
        name: `${broken}:source`,
        program: script,
        entrypoint: ["cp-plugin", "/plugins/nothing", "/target/nothing"],
      },
    ]);
    moto = await startMoto();
    volumes = openMotoVolumes(moto);
    const minio = await sharedMinio();
    await minio.createBucket(bucket);
    // Pods reach this machine where the API server listens, and nowhere else.
    const { hostname } = new URL(node.controlPlane.server);
    for (const { endpoint } of [minio, moto]) {
      fronts.push(await startHttpFront(endpoint, undefined, hostname));
    }
    const { accessKeyId, secretAccessKey } = minio;
    const keys = `aws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
    writeFileSync(join(folder, "credentials"), `[default]\n${keys}`);
    ark = createArk(node.controlPlane.kubeconfig, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    await node.kubectl("create", "namespace", shop);
    await node.kubectl("create", "configmap", "settings", "-n", shop, "--from-literal=mode=blue");
  });
  after(async () => {
    await node?.kubectl("delete", "namespace", shop, "--ignore-not-found", "--wait=false");
    await node?.kubectl(
      "delete",
      "persistentvolume",
      `pv-${claim}`,
      "--ignore-not-found",
      "--wait=false",
    );
    await ark?.run("uninstall", "--confirm", "-n", namespace);
    ark?.remove();
    for (const front of fronts) await front.close();
    await client?.close();
    volumes?.close();
    await moto?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const pods = async (): Promise<readonly Pod[]> => {
    const answer = await client.demand("GET", `/api/v1/namespaces/${namespace}/pods`);
    const { items } = JSON.parse(answer.toString()) as { items: readonly Pod[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  };
  const isReady = ({ status }: Pod): boolean =>
    status.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;

  /** Runs a command that changes the server, and waits for its pods. */
  async function change(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await ark.run(...args, "-n", namespace, "--wait");
    assert.equal(status, 0, stdout + stderr + (await why()));
    assert.match(stderr, /the server in namespace .* is ready/);
    return stdout;
  }

  /** What `plugin get` says once it lists so: a leader of before may still be about to end. */
  async function listed(what: string, isSo: (stdout: string) => boolean): Promise<CommandResult> {
    const seen = async () => {
      const result = await ark.run("plugin", "get", ...server);
      return result.status === 0 && isSo(result.stdout) && result;
    };
    return await waitFor(`plugin get to list ${what}`, seen, { timeoutMs });
  }

  it("are added, and their programs lie in the server's folder as the server's own user left them", async () => {
    const [store, ec2] = fronts;
    const config = `region=us-east-1,s3Url=${store?.endpoint},s3ForcePathStyle=true`;
    await ark.ok(
      ...["install", "-n", namespace, "--image", serverImage],
      ...["--velero-pod-cpu-request", "10m", "--velero-pod-mem-request", "64Mi"],
      ...["--provider", "aws", "--bucket", bucket, "--backup-location-config", config],
      ...["--secret-file", join(folder, "credentials")],
    );
    // What this refuses never becomes a pod: root, rights to gain, capabilities.
    const strict = "pod-security.kubernetes.io/enforce=restricted";
    await node.kubectl("label", "namespace", namespace, strict);
    const env = { ...moto.env, AWS_ENDPOINT_URL_EC2: ec2?.endpoint ?? "" };
    const pairs = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    // Only to start fewer pods: one for each change, and all of these go out as one.
    const deployment = ["-n", namespace, "deployment/ark-ts"];
    await node.kubectl("rollout", "pause", ...deployment);
    await node.kubectl("scale", "--replicas=1", ...deployment);
    await node.kubectl("set", "env", ...deployment, ...pairs);
    assert.match(
      await ark.ok("plugin", "add", aws, "-n", namespace),
      /velero-plugin-for-aws was added/,
    );
    await node.kubectl("rollout", "resume", ...deployment);
    assert.match(await change("plugin", "add", example), /example-every-kind was added/);
    for (const { metadata, spec } of await pods()) {
      for (const { securityContext } of spec.initContainers ?? []) {
        assert.equal(securityContext["readOnlyRootFilesystem"], true);
      }
      const look = `const p="/plugins/velero-plugin-for-aws", {uid, mode} = fs.statSync(p);
        const hash = crypto.createHash("sha256").update(fs.readFileSync(p)).digest("hex");
        console.log(JSON.stringify([uid, (mode & 0o777).toString(8), hash]))`;
      const inside = ["exec", "-n", namespace, metadata.name, "--", "node", "-e", look];
      const seen: unknown = JSON.parse(await node.kubectl(...inside));
      assert.deepEqual(seen, [65_532, "755", hashOf(program)]);
    }
    const { stdout, stderr } = await listed("plugins", (text) => text.includes("example.io/stamp"));
    assert.match(stdout, /^velero\.io\/aws +VolumeSnapshotter/m);
    assert.match(stdout, /^example\.io\/stamp +BackupItemAction/m);
    assert.ok(stderr.includes(`(${aws}), example-every-kind (${example})`), stderr);
  });

  it("serve a backup: Velero's snapshotter makes its snapshot, an action of ours changes an item", async () => {
    const disks = ["--provider", "aws", "--config", `region=${moto.region}`];
    await ark.ok("snapshot-location", "create", "disks", ...disks, ...server);
    const id = await createEbsClaims(client, volumes, shop).make(claim);
    await backup("with");
    const [snapshot, ...others] = await volumes.snapshotsOf(id);
    assert.ok(snapshot !== undefined && others.length === 0);
    const tags = tagsOf(snapshot);
    assert.equal(tags["velero.io/backup"], "with");
    assert.equal(tags["ark-ts.dev/idempotency-key"], undefined, "our own made it");
    const described = await ark.ok("backup", "describe", "with", "--details", ...server);
    assert.match(
      described,
      new RegExp(`velero.io/aws .*/plugins/velero-plugin-for-aws, .*sha256 ${hashOf(program)}`),
    );
    assert.equal(await stampIn("with"), "seen");
  });

  it("that cannot bring theirs are told of by plugin get, while the former pod goes on", async () => {
    const tell = async (tag: string, words: RegExp) => {
      const image = `${broken}:${tag}`;
      await ark.ok("plugin", "add", image, "-n", namespace);
      const sentence = new RegExp(
        `plugin velero-broken of image ${image} is not in the server: .*`,
      );
      const seen = await waitFor(
        `plugin get to tell of ${image}`,
        async () => {
          const { status, stdout, stderr } = await ark.run("plugin", "get", ...server);
          const [line = ""] = sentence.exec(stderr) ?? [];
          return words.test(line) && { status, stdout, stderr };
        },
        { timeoutMs },
      );
      assert.equal(seen.status, 1, seen.stderr);
      assert.match(seen.stdout, /^example\.io\/stamp +BackupItemAction/m);
      assert.match(seen.stderr, /ark-ts plugin remove velero-broken/);
    };
    const isThere = new Set((await pods()).map(({ metadata }) => metadata.name));
    await tell("missing", /waits: (?:ErrImagePull|ImagePullBackOff): .*connection refused/);
    await tell("entry", /"copy-plugins": executable file not found/);
    await tell("source", /ended with 1: .*failed to open source file \/plugins\/nothing/s);
    const still = (await pods()).filter((pod) => isThere.has(pod.metadata.name));
    assert.deepEqual(still.map(isReady), [true]);
  });

  it("are removed, and the server goes on without them", async () => {
    for (const name of ["velero-broken", aws])
      await ark.ok("plugin", "remove", name, "-n", namespace);
    assert.match(await change("plugin", "remove", example), /was removed/);
    const { stderr } = await listed("none", (text) => !text.includes("example.io/stamp"));
    assert.doesNotMatch(stderr, /images that bring plugins/);
    await backup("without");
    assert.equal(await stampIn("without"), undefined);
  });

  async function backup(name: string): Promise<void> {
    const args = ["backup", "create", name, "--include-namespaces", shop, "--wait", ...server];
    const { status, stdout, stderr } = await ark.run(...args);
    const more = status === 0 ? "" : await ark.ok("backup", "describe", name, ...server);
    assert.equal(status, 0, stdout + stderr + more + (await why()));
  }

  /** What the example's action has left in the ConfigMap of a backup. */
  async function stampIn(name: string): Promise<string | undefined> {
    const { endpoint } = await sharedMinio();
    const store = `s3://${bucket}?region=us-east-1&endpoint=${endpoint}`;
    const args = ["backup", "cat", name, `configmaps/${shop}/settings`, "--store", store];
    const { metadata } = JSON.parse(await ark.ok(...args, "--mode", "standalone")) as {
      readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
    };
    return metadata.annotations?.["example.io/stamp"];
  }

  /** For the messages of failures. */
  async function why(): Promise<string> {
    const asked = ["-n", namespace, "--all-pods=true", "--tail=30", "deployment/ark-ts"];
    const logs = await node.kubectl("logs", ...asked).catch(String);
    return `\n${logs}\n${await node.kubectl("get", "pods,events", "-n", namespace).catch(String)}`;
  }
});

const hashOf = (file: string): string =>
  createHash("sha256").update(readFileSync(file)).digest("hex");
