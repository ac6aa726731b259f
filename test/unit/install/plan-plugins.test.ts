import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  installedPlugins,
  type PluginPlan,
  type PullPolicy,
  planAddition,
  planRemoval,
} from "../../../src/install/plan-plugins.ts";
import { containerName, parseImage } from "../../../src/install/plugin-image.ts";
import type { JsonObject } from "../../../src/lib/json-text.ts";

const aws = "registry.example/velero/velero-plugin-for-aws";
const imageOf = (reference: string) => {
  const image = parseImage(reference);
  assert.ok(image, reference);
  return image;
};
const nameOf = (reference: string, ...taken: readonly string[]): string =>
  containerName(imageOf(reference), new Set(taken));

/** The Deployment after a plan. */
function merged(deployment: JsonObject, { podSpec }: PluginPlan): JsonObject {
  const { spec } = (deployment["spec"] as JsonObject)["template"] as JsonObject;
  return { spec: { template: { spec: { ...(spec as JsonObject), ...podSpec } } } };
}

function withPod(spec: JsonObject): JsonObject {
  return { spec: { template: { spec } } };
}

const bare = withPod({
  containers: [
    { name: "sidecar" },
    { name: "server", args: ["server"], volumeMounts: [{ name: "tmp", mountPath: "/tmp" }] },
  ],
  volumes: [{ name: "tmp", emptyDir: {} }],
});

const add = (
  deployment: JsonObject,
  reference: string,
  pullPolicy: PullPolicy = "IfNotPresent",
): PluginPlan => planAddition(deployment, { image: imageOf(reference), pullPolicy }, "server");

const podSpecOf = (deployment: JsonObject) =>
  ((deployment["spec"] as JsonObject)["template"] as JsonObject)["spec"] as {
    readonly volumes: readonly unknown[];
    readonly containers: readonly { readonly volumeMounts?: readonly unknown[] }[];
    readonly initContainers: readonly Record<string, unknown>[];
  };

describe("parseImage", () => {
  it("takes registry, port, tag and digest apart, and refuses what nobody could pull", () => {
    const digest = `sha256:${"0a".repeat(32)}`;
    assert.equal(imageOf(`${aws}:v1@${digest}`).repository, aws);
    assert.equal(imageOf("localhost:5000/plugin").repository, "localhost:5000/plugin");
    assert.equal(imageOf("plugin:v1").repository, "plugin");
    for (const wrong of [
      "",
      "Plugin:v1",
      "a b",
      "plugin:",
      "plugin@sha256:12",
      "a//b",
      "./a",
      "a/",
    ]) {
      assert.equal(parseImage(wrong), undefined, wrong);
    }
  });
});

describe("containerName", () => {
  it("is Velero's: the repository without the registry, as a DNS label", () => {
    assert.equal(nameOf(`${aws}:v1.2.3`), "velero-velero-plugin-for-aws");
    assert.equal(nameOf("velero/velero-plugin-for-aws"), "velero-velero-plugin-for-aws");
    assert.equal(nameOf("example.com/a_b/c.d@sha256:".concat("0".repeat(64))), "a-b-c-d");
    assert.equal(nameOf("localhost:5000/plugin"), "localhost-5000-plugin");
  });

  it("ends in a digest where it is too long or another image's, the same each time", () => {
    const long = nameOf(`example.com/a/${"long-".repeat(20)}name`);
    assert.equal(long.length, 63);
    assert.match(long, /^a-long-.*[a-z]-[0-9a-f]{6}$/);
    const other = nameOf("mirror.example/velero/velero-plugin-for-aws:v1", nameOf(aws));
    assert.match(other, /^velero-velero-plugin-for-aws-[0-9a-f]{6}$/);
    assert.equal(other, nameOf("mirror.example/velero/velero-plugin-for-aws:v2", nameOf(aws)));
  });
});

describe("planAddition", () => {
  it("adds an init container, and the folder that it shares with the server", () => {
    const plan = add(bare, `${aws}:v1`);
    assert.equal(plan.action, "add");
    const { volumes, containers, initContainers } = podSpecOf(merged(bare, plan));
    assert.deepEqual(volumes, [
      { name: "tmp", emptyDir: {} },
      { name: "plugins", emptyDir: {} },
    ]);
    assert.equal(containers[0]?.volumeMounts, undefined);
    assert.deepEqual(containers[1]?.volumeMounts, [
      { name: "tmp", mountPath: "/tmp" },
      { name: "plugins", mountPath: "/plugins" },
    ]);
    assert.deepEqual(initContainers, [
      {
        name: "velero-velero-plugin-for-aws",
        image: `${aws}:v1`,
        imagePullPolicy: "IfNotPresent",
        terminationMessagePolicy: "FallbackToLogsOnError",
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        volumeMounts: [{ name: "plugins", mountPath: "/target" }],
      },
    ]);
  });

  it("mounts the folder where the server was told to look", () => {
    for (const args of [
      ["server", "--plugin-dir", "/p"],
      ["server", "--plugin-dir=/p"],
    ]) {
      const told = withPod({ containers: [{ name: "server", args }] });
      const { containers } = podSpecOf(merged(told, add(told, aws)));
      assert.deepEqual(containers[0]?.volumeMounts, [{ name: "plugins", mountPath: "/p" }]);
    }
  });

  it("leaves what is as asked alone, and changes image and pull policy in place", () => {
    const added = merged(bare, add(bare, `${aws}:v1`));
    assert.equal(add(added, `${aws}:v1`).action, "leave");
    const policy = add(added, `${aws}:v1`, "Always");
    assert.equal(policy.action, "change");
    const upgraded = merged(added, add(added, `${aws}:v2`));
    assert.deepEqual(installedPlugins(upgraded), [
      { name: "velero-velero-plugin-for-aws", image: `${aws}:v2` },
    ]);
  });

  it("keeps the plugins of other images, and init containers that are none", () => {
    const own = withPod({ initContainers: [{ name: "plugin", image: "plugin:v1" }] });
    const plan = add(own, "plugin:v1");
    assert.equal(plan.action, "add");
    assert.match(plan.plugin.name, /^plugin-[0-9a-f]{6}$/);
    const both = merged(merged(own, plan), add(merged(own, plan), aws));
    assert.equal(podSpecOf(both).initContainers.length, 3);
  });

  it("puts a folder that has gone missing back", () => {
    const { initContainers } = podSpecOf(merged(bare, add(bare, aws)));
    const lost = withPod({
      initContainers: initContainers as never,
      containers: [{ name: "server" }],
    });
    const plan = add(lost, aws);
    assert.equal(plan.action, "change");
    assert.equal(podSpecOf(merged(lost, plan)).volumes.length, 1);
  });
});

describe("planRemoval", () => {
  it("removes by name or image, and nothing that brings no plugins", () => {
    const added = merged(bare, add(bare, `${aws}:v1`));
    for (const asked of ["velero-velero-plugin-for-aws", `${aws}:v1`]) {
      const plan = planRemoval(added, asked);
      assert.equal(plan?.action, "remove");
      assert.deepEqual(installedPlugins(merged(added, plan)), []);
    }
    assert.equal(planRemoval(added, `${aws}:v2`), undefined);
    const own = withPod({ initContainers: [{ name: "own", image: "own:v1" }] });
    assert.equal(planRemoval(own, "own"), undefined);
  });
});
