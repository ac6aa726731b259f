/**
 * Regressions 14-19 of what users reported: volumes, hooks and workers, as far as they are built.
 * No volume data is moved yet: of 14, 15 and 17 the decisions are tested, and that the objects are
 * stored. 13 is in regressions-labels.test.ts. 18 is in hooks.test.ts, hooks-killed.test.ts, the
 * simulation and, on a real node, in e2e.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseResourcePolicies } from "../../src/domain/policies/parse-policies.ts";
import type { JsonObject } from "../support/api-server/json.ts";
import { readEntries } from "../support/take-backup.ts";
import { aClaim, aPod, aVolume, claimNamed } from "../unit/domain/volumes/volume-objects.ts";
import { decide, shown } from "../unit/domain/volumes/volume-rows.ts";
import { assertNothingLeft, createHooksWorld, freezeAndThaw, key, told } from "./hooks-world.ts";

describe("regression 14: a volume that several pods share", () => {
  it("is decided once, for one method, through one of them", async () => {
    const names = ["a", "b", "c"];
    const annotations = { "backup.velero.io/backup-volumes": "v" };
    const pods = names.map((name) => aPod(name, { v: claimNamed("shared") }, { annotations }));
    const decisions = decide({ pods, claims: [aClaim("shared")], volumes: [aVolume("shared")] });
    assert.deepEqual(decisions.map(shown), ["protected/fs-backup through a.v"]);
  });

  it("has its pods frozen together, each once, and its claim stored once", async () => {
    const world = createHooksWorld();
    for (const name of ["a", "b", "c"])
      world.seedPod(name, { annotations: freezeAndThaw, claims: ["shared"] });
    world.server.seed(claim("shared", { accessModes: ["ReadWriteMany"] }, "Bound"));
    await world.backUp();
    assert.deepEqual(world.ran.slice(0, 3).sort(), ["freeze a", "freeze b", "freeze c"]);
    assert.deepEqual(world.ran.slice(3).sort(), ["thaw a", "thaw b", "thaw c"]);
    const stored = [...(await readEntries(world.store, "b1")).keys()];
    const claims = stored.filter((name) => name.startsWith("persistentvolumeclaims "));
    assert.deepEqual(claims, ["persistentvolumeclaims shop/shared"]);
  });
});

const claim = (name: string, spec: JsonObject, phase: string): JsonObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "shop" },
  spec,
  status: { phase },
});

describe("regression 15: claims that are Pending or Lost, and without a volume", () => {
  const odd = [
    ["Pending", {}],
    ["Lost", { volumeName: "pv-gone" }],
    ["Bound", { volumeName: "pv-gone" }],
    ["Bound", {}],
  ] as const;

  it("are stored, and fail nothing", async () => {
    const world = createHooksWorld();
    for (const [index, [phase, spec]] of odd.entries())
      world.server.seed(claim(`c${index}`, { ...spec }, phase));
    world.seedPod("db", { claims: odd.map((_, index) => `c${index}`), annotations: freezeAndThaw });
    const { findings, backup } = await world.backUp();
    const errors = findings.filter(({ severity }) => severity === "error");
    assert.deepEqual([backup.status.phase, errors], ["Completed", []]);
    const stored = [...(await readEntries(world.store, "b1")).keys()];
    for (const index of odd.keys())
      assert.ok(stored.includes(`persistentvolumeclaims shop/c${index}`), stored.join());
  });

  for (const [phase, spec] of odd) {
    it(`${phase}, ${JSON.stringify(spec)}: unprotected, not passed over`, () => {
      const claims = [aClaim("c", { phase, spec: { volumeName: "", ...spec } })];
      assert.deepEqual(decide({ claims }).map(shown), ["unprotected"]);
    });
  }
});

describe("regression 16: which containers are told to run something", () => {
  for (const phase of ["Succeeded", "Failed"]) {
    it(`none of a pod that has ${phase}, whose volumes are not read through it either`, async () => {
      const world = createHooksWorld();
      world.seedPod("done", { phase, annotations: freezeAndThaw });
      const { backup } = await world.backUp();
      assert.deepEqual(world.ran, []);
      assert.equal(backup.status.phase, "Completed");
      const annotations = { "backup.velero.io/backup-volumes": "v" };
      const pods = [aPod("done", { v: claimNamed("c") }, { phase, annotations })];
      const [decision] = decide({ pods, claims: [aClaim("c")], volumes: [aVolume("c")] });
      assert.ok(
        decision !== undefined && !shown(decision).includes("fs-backup"),
        decision?.reason.text,
      );
    });
  }

  it("an init container that stays, and no other init container", async () => {
    const containers: string[] = [];
    const world = createHooksWorld({
      look: ({ container }) => void containers.push(container),
    });
    for (const [name, container] of [
      ["stays", "sidecar"],
      ["ends", "setup"],
    ] as const) {
      world.server.seed({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name,
          namespace: "shop",
          annotations: { [key("pre", "command")]: "look", [key("pre", "container")]: container },
        },
        spec: {
          containers: [{ name: "main" }],
          initContainers: [{ name: "setup" }, { name: "sidecar", restartPolicy: "Always" }],
        },
        status: { phase: "Running" },
      });
    }
    const report = await world.backUp();
    assert.deepEqual(containers, ["sidecar"]);
    assert.match(told(report).join("\n"), /"setup"/);
  });
});

describe("regression 17: volumes of a pod's own under volume policies", () => {
  const rules = (policies: string) =>
    parseResourcePolicies(`version: v1\nvolumePolicies: ${policies}`, "file p.yaml").volumePolicies;
  const pods = [
    aPod("p", {
      scratch: { emptyDir: {} },
      shared: { nfs: { server: "s", path: "/p" } },
      inline: { csi: { driver: "secrets.example" } },
      settings: { configMap: { name: "c" } },
    }),
  ];
  const outcomes = (policies: string) =>
    decide({ pods }, { defaultVolumesToFsBackup: true, policies: rules(policies) }).map(shown);
  const read = (volume: string) => `protected/fs-backup through p.${volume}`;

  it("are skipped by their type, and only those", () => {
    const skip = "[{conditions: {volumeTypes: [emptyDir]}, action: {type: skip}}]";
    assert.deepEqual(outcomes(skip), ["left-out", read("shared"), read("inline")]);
  });

  it("are skipped by the driver of inline CSI, or by their NFS server", () => {
    const csi = "[{conditions: {csi: {driver: secrets.example}}, action: {type: skip}}]";
    assert.deepEqual(outcomes(csi), [read("scratch"), read("shared"), "left-out"]);
    const nfs = "[{conditions: {nfs: {server: s}}, action: {type: skip}}]";
    assert.deepEqual(outcomes(nfs), [read("scratch"), "left-out", read("inline")]);
  });

  it("are not met by conditions of claims and classes, which they have not", () => {
    const ofClaims = `
- {conditions: {storageClass: [fast]}, action: {type: skip}}
- {conditions: {pvcLabels: {a: b}}, action: {type: skip}}
- {conditions: {capacity: "1Gi,"}, action: {type: skip}}`;
    assert.deepEqual(outcomes(ofClaims), [read("scratch"), read("shared"), read("inline")]);
  });
});

describe("regression 19: workers side by side", () => {
  it("share nothing: backups at once over one store hold every item once and count every hook", async () => {
    const world = createHooksWorld();
    const pods = Array.from({ length: 40 }, (_, index) => `p${index}`);
    for (const [index, name] of pods.entries()) {
      const claims = [`c${index % 7}`];
      world.seedPod(name, { annotations: freezeAndThaw, claims });
    }
    for (let index = 0; index < 7; index++) world.server.seed(claim(`c${index}`, {}, "Bound"));
    for (let index = 0; index < 200; index++) {
      const metadata = { name: `m${index}`, namespace: "shop" };
      world.server.seed({ apiVersion: "v1", kind: index % 2 ? "Secret" : "ConfigMap", metadata });
    }
    const names = ["x", "y", "z"];
    const reports = await Promise.all(names.map((name) => world.backUp(name)));
    for (const [index, { backup, manifest }] of reports.entries()) {
      const stored = await readEntries(world.store, names[index] ?? "");
      assert.equal(stored.size, 1 + pods.length + 7 + 200);
      assert.equal(backup.status.phase, "Completed");
      assert.equal(backup.status.progress?.itemsBackedUp, stored.size);
      const counted = (manifest?.kinds ?? []).reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted, stored.size);
      assert.deepEqual(backup.status.hookStatus, { hooksAttempted: 80, hooksFailed: 0 });
    }
    assert.equal(world.ran.length, names.length * 80);
    assertNothingLeft(world);
  });
});
