/** `ark-ts plugin add` and `remove`: the Deployment on a real API server, and folders. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { load } from "js-yaml";
import { type Ark, createArk } from "../support/ark.ts";
import { buildPlugin } from "../support/example-plugins/build-plugin.ts";
import { connectKube, type KubeClient } from "../support/kube-client.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";
import { type ControlPlane, startControlPlane } from "../testbed/control-plane.ts";

interface Live {
  readonly metadata: { readonly generation: number };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly initContainers?: readonly { readonly name: string; readonly image: string }[];
        readonly containers: readonly {
          readonly image: string;
          readonly volumeMounts: readonly { readonly mountPath: string }[];
        }[];
      };
    };
  };
}

const repository = "registry.example/velero/velero-plugin-for-aws";
const path = "/apis/apps/v1/namespaces/ark-ts/deployments/ark-ts";

describe("ark-ts plugin add and remove with a server", { skip: await whyNoTestbed() }, () => {
  let plane: ControlPlane;
  let client: KubeClient;
  let ark: Ark;
  const image = (tag: number) => ["--image", `testbed.local/ark-ts:${tag}`];
  const live = async (): Promise<Live> =>
    JSON.parse((await client.demand("GET", path)).toString()) as Live;
  const images = async (): Promise<readonly string[]> =>
    ((await live()).spec.template.spec.initContainers ?? []).map((one) => one.image);

  before(async () => {
    plane = await startControlPlane();
    client = connectKube(plane.kubeconfig);
    ark = createArk(plane.kubeconfig);
    await ark.ok("install", ...image(1));
  });
  after(async () => {
    ark?.remove();
    await client?.close();
    await plane?.stop();
  });

  it("says where no server is, and refuses what is no image", async () => {
    const none = await ark.run("plugin", "add", `${repository}:v1`, "-n", "nowhere");
    assert.equal(none.status, 1);
    assert.match(none.stderr, /there is no ark-ts server in namespace nowhere/);
    const wrong = await ark.run("plugin", "add", "Not An Image");
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /"Not An Image" is no image/);
    const policy = await ark.run(
      "plugin",
      "add",
      `${repository}:v1`,
      "--image-pull-policy",
      "Once",
    );
    assert.equal(policy.status, 2, policy.stderr);
  });

  it("prints by dry-run what would be, and changes nothing", async () => {
    const before = await live();
    const asked = ["plugin", "add", `${repository}:v1`, "--dry-run"];
    assert.match(await ark.ok(...asked), /velero-velero-plugin-for-aws would be added/);
    const would = load(await ark.ok(...asked, "-o", "yaml")) as Live;
    const { initContainers, containers } = would.spec.template.spec;
    assert.equal(initContainers?.[0]?.image, `${repository}:v1`);
    assert.deepEqual(
      containers[0]?.volumeMounts.map(({ mountPath }) => mountPath),
      ["/tmp", "/plugins"],
    );
    assert.equal((await live()).metadata.generation, before.metadata.generation);
  });

  it("adds an image; once more writes nothing, another tag takes its place", async () => {
    assert.match(await ark.ok("plugin", "add", `${repository}:v1`, "--confirm"), /was added/);
    const { generation } = (await live()).metadata;
    assert.match(await ark.ok("plugin", "add", `${repository}:v1`), /is there already/);
    assert.equal((await live()).metadata.generation, generation);
    const changed = await ark.ok("plugin", "add", `${repository}:v2`);
    assert.match(changed, /velero-plugin-for-aws:v2 in place of .*velero-plugin-for-aws:v1/);
    await ark.ok("plugin", "add", "other/plugin:v1");
    assert.deepEqual(await images(), [`${repository}:v2`, "other/plugin:v1"]);
  });

  it("loses none of several that are added at the same time", async () => {
    const names = ["a", "b", "c"].map((name) => `parallel/${name}:v1`);
    await Promise.all(names.map((name) => ark.ok("plugin", "add", name)));
    assert.deepEqual((await images()).slice(2).sort(), names);
    for (const name of names) await ark.ok("plugin", "remove", name);
  });

  it("keeps its plugins when the server is installed anew with another image", async () => {
    await ark.ok("install", ...image(2));
    const { spec } = (await live()).spec.template;
    assert.equal(spec.containers[0]?.image, "testbed.local/ark-ts:2");
    assert.equal(spec.containers[0]?.volumeMounts.length, 2);
    assert.deepEqual(await images(), [`${repository}:v2`, "other/plugin:v1"]);
  });

  it("removes by image and by name, and says what there is for another", async () => {
    const unknown = await ark.run("plugin", "remove", `${repository}:v1`);
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /it brings velero-velero-plugin-for-aws \(.*:v2\), other-plugin/);
    await ark.ok("plugin", "remove", "other-plugin", "--dry-run");
    assert.equal((await images()).length, 2);
    assert.match(await ark.ok("plugin", "remove", "other-plugin"), /was removed/);
    await ark.ok("plugin", "remove", `${repository}:v2`);
    assert.deepEqual(await images(), []);
  });

  it("leaves a Deployment of that name alone that is somebody else's", async () => {
    await client.demand("POST", "/api/v1/namespaces", '{"metadata":{"name":"foreign"}}');
    const labels = { a: "b" };
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: "server", image: "i" }] },
    };
    const body = {
      metadata: { name: "ark-ts" },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    };
    const deployments = "/apis/apps/v1/namespaces/foreign/deployments";
    await client.demand("POST", deployments, JSON.stringify(body));
    const { status, stderr } = await ark.run("plugin", "add", `${repository}:v1`, "-n", "foreign");
    assert.equal(status, 1);
    assert.match(stderr, /ARK_INSTALL_CONFLICT/);
  });
});

describe("ark-ts plugin add and remove with a folder", () => {
  const root = mkdtempSync(join(tmpdir(), "ark-plugin-add-"));
  const folder = join(root, "plugins");
  let ark: Ark;
  let program: string;
  before(async () => {
    mkdirSync(join(root, "built"));
    program = await buildPlugin("every-kind", join(root, "built"));
    ark = createArk("/nonexistent", { ARKTS_PLUGIN_DIR: folder });
  });
  after(() => {
    ark?.remove();
    rmSync(root, { recursive: true, force: true });
  });

  it("copies an executable once it has said what it serves, and asks no cluster", async () => {
    assert.match(await ark.ok("plugin", "add", program, "--dry-run"), /would be put into/);
    assert.match(await ark.ok("plugin", "add", program), /put into .*example\.io\/stamp/);
    const [name = ""] = readdirSync(folder);
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o755);
    assert.match(await ark.ok("plugin", "add", program), /is in \S+ already/);
    assert.match(await ark.ok("plugin", "get", "--plugin-dir", folder), /example\.io\/stamp/);
  });

  it("puts nothing into the folder that is no plugin", async () => {
    const wrong = join(root, "wrong");
    writeFileSync(wrong, "#!/bin/sh\necho hello\n", { mode: 0o755 });
    const { status, stderr } = await ark.run("plugin", "add", wrong);
    assert.equal(status, 1);
    assert.match(stderr, /ARK_PLUGIN_START/);
    assert.equal(readdirSync(folder).length, 1);
    const image = await ark.run("plugin", "add", program, "--image-pull-policy", "Always");
    assert.equal(image.status, 2);
  });

  it("takes one out again, and says what there is where it is not", async () => {
    const [name = ""] = readdirSync(folder);
    const unknown = await ark.run("plugin", "remove", "nothing", "--plugin-dir", folder);
    assert.equal(unknown.status, 1);
    assert.ok(unknown.stderr.includes(`there are ${name}`), unknown.stderr);
    await ark.ok("plugin", "remove", program);
    assert.deepEqual(readdirSync(folder), []);
  });
});
