/** What a user hears of images of plugins that do not come into the server; states as a kubelet wrote them. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { serverStatusRequestKind } from "../../src/api/server-status-request.ts";
import { awaitServer } from "../../src/install/await-server.ts";
import {
  type CommandWorld,
  commandWorld,
  type Ran,
  serverNamespace,
} from "../support/command-world.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const labels = { "app.kubernetes.io/name": "ark-ts", "app.kubernetes.io/component": "server" };
const image = "registry.example/velero/broken:v1";

const initContainer = (of = image) => ({
  name: "velero-broken",
  image: of,
  volumeMounts: [{ name: "plugins", mountPath: "/target" }],
});

const started = {
  exitCode: 128,
  reason: "StartError",
  message: 'exec: "copy": not found in $PATH',
};
const failed = { exitCode: 1, reason: "Error", message: "Error: no such file\nCopying /a to /b" };
const starting = { waiting: { reason: "PodInitializing" } };

let world: CommandWorld;
beforeEach(async () => {
  world = await commandWorld();
});
afterEach(() => world.close());

/** A Deployment whose new pod is not there yet, and one of before. */
function seedRollout(conditions: readonly object[] = []): void {
  world.api.seed(
    JSON.stringify({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "ark-ts", namespace: serverNamespace, generation: 2, labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { initContainers: [initContainer()], containers: [] },
        },
      },
      status: {
        observedGeneration: 2,
        replicas: 2,
        updatedReplicas: 1,
        availableReplicas: 1,
        conditions,
      },
    }),
  );
  seedPod("former", { containerStatuses: [{ name: "server", ready: true }] }, []);
}

function seedPod(name: string, status: object, initContainers: readonly object[]): void {
  world.api.seed(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: serverNamespace, labels },
      spec: { initContainers, containers: [] },
      status,
    }),
  );
}

/** A new pod in which the init container is in this state. */
function seedStuck(state: object, of = image): void {
  const [own, server] = [{ name: "velero-broken" }, { name: "server" }];
  const status = {
    phase: "Pending",
    initContainerStatuses: [{ ...own, ready: false, ...state }],
    containerStatuses: [{ ...server, ready: false, state: starting }],
  };
  seedPod("new", status, [initContainer(of)]);
}

async function get(): Promise<Ran> {
  await world.serve(serverStatusRequestKind, ({ status }) =>
    status === undefined
      ? { status: { phase: "Processed", serverVersion: "v9", plugins: [] } }
      : undefined,
  );
  return await world.ark(["plugin", "get"]);
}

const states: readonly (readonly [what: string, state: object, says: RegExp])[] = [
  [
    "an image that cannot be pulled",
    { state: { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } } },
    /in pod new waits: ImagePullBackOff: Back-off pulling image; pods that/,
  ],
  [
    "a program that is not in the image",
    { state: { waiting: { reason: "RunContainerError" } }, lastState: { terminated: started } },
    /in pod new could not be started: exec: "copy": not found in \$PATH \(the kubelet tries/,
  ],
  [
    "a program that has just failed",
    { state: { terminated: failed }, lastState: {} },
    /in pod new ended with 1: Error: no such file Copying \/a to \/b \(the kubelet tries/,
  ],
  [
    "a program that waits after it has failed",
    { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: failed } },
    /in pod new ended with 1: Error: no such file Copying/,
  ],
  [
    "a program that runs again after it has failed",
    { state: { running: {} }, lastState: { terminated: failed } },
    /in pod new ended with 1: Error: no such file Copying/,
  ],
];

describe("ark-ts plugin get where the server's pods are stuck", () => {
  for (const [what, state, says] of states) {
    it(`names the image, and what the kubelet says of ${what}`, async () => {
      seedRollout();
      seedStuck(state);
      const { status, err } = await get();
      assert.equal(status, 1, err);
      assert.ok(err.includes(`plugin velero-broken of image ${image} is not in the server`), err);
      assert.match(err, says);
      assert.match(err, /ark-ts plugin remove velero-broken takes it out/);
    });
  }

  it("says no more than that pods are started anew while nothing is wrong", async () => {
    seedRollout();
    seedStuck({ state: { running: {} }, lastState: {} });
    const { status, err } = await get();
    assert.equal(status, 0, err);
    assert.match(err, /images that bring plugins: velero-broken \(registry/);
    assert.match(err, /the server's pods are being started anew: pod new: PodInitializing/);
    assert.doesNotMatch(err, /is not in the server/);
  });

  it("does not blame an image for a pod of another one under its name", async () => {
    seedRollout();
    seedStuck({ state: { terminated: failed } }, "registry.example/velero/broken:v0");
    const { status, err } = await get();
    assert.equal(status, 0, err);
    assert.doesNotMatch(err, /is not in the server/);
  });

  it("says why no new pod is let in", async () => {
    const message = 'pods "ark-ts-x" is forbidden: exceeded quota';
    seedRollout([{ type: "ReplicaFailure", status: "True", message }]);
    const { err } = await get();
    assert.match(err, /no new pod is let in: pods "ark-ts-x" is forbidden: exceeded quota/);
  });

  it("is done without a look at them by who may not look, and says so", async () => {
    await world.close();
    world = await commandWorld({ authorise: ({ resource }) => resource !== "deployments" });
    const { status, err } = await get();
    assert.equal(status, 0, err);
    assert.match(err, /whether the server's pods have all their plugins is not known: .*forbid/i);
  });

  it("tells of it also where no server answers", async () => {
    seedRollout();
    seedStuck({ state: { terminated: failed } });
    const { status, err } = await world.ark(["plugin", "get", "--timeout", "100ms"]);
    assert.equal(status, 1);
    assert.match(err, /is not in the server: .* ended with 1/);
    assert.match(err, /no server in namespace ark-ts .* has answered/);
  });
});

describe("awaitServer()", () => {
  const wait = async (told: string[]): Promise<void> => {
    const clock = createVirtualClock({ jump: true });
    const onWait = (sentence: string) => told.push(sentence);
    const ports = { cluster: world.cluster, clock, onWait, otherwise: "take it out" };
    await awaitServer(serverNamespace, ports, new AbortController().signal);
  };

  it("says once what the pods wait for, and again in the end, with what to do", async () => {
    seedRollout();
    seedStuck({ state: { terminated: failed } });
    const told: string[] = [];
    await assert.rejects(wait(told), {
      code: "ARK_SERVER_NOT_READY",
      answer: /^pod new: init container velero-broken ended with 1: Error: no such file Copying/,
      advice: /kubectl -n ark-ts describe pods.*; take it out$/,
    });
    assert.equal(told.length, 1);
  });

  it("does not say that there is no pod where the former ones stand", async () => {
    seedRollout();
    const told: string[] = [];
    await assert.rejects(wait(told), { code: "ARK_SERVER_NOT_READY" });
    assert.deepEqual(told, ["the former pods have not all gone yet"]);
  });
});
