/** Runs killed at each step that takes a CSI snapshot on, restores a claim of it, or deletes it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Ark } from "../support/ark.ts";
import { type CsiClaims, createCsiClaims } from "../support/csi-claims.ts";
import {
  backupSteps,
  deletionSteps,
  restoreSteps,
  type StepPoint,
} from "../support/csi-kill-points.ts";
import {
  countHits,
  hitsToKill,
  killSeed,
  killsAtAll,
  killTimeoutMs,
} from "../support/failpoints.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { killAt } from "../support/kill-at.ts";
import { connectKube, type KubeClient, readKubeconfig } from "../support/kube-client.ts";
import type { CommandResult } from "../support/run-command.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";

describe(`CSI snapshots of processes that are killed (ARK_KILL_SEED=${killSeed})`, {
  skip: await whyNoSharedNode(),
  timeout: killTimeoutMs,
}, () => {
  const namespace = uniqueNamespace("steps");
  const fronts = {} as { api: HttpFront; store: HttpFront };
  const targets: string[] = [];
  let node: NodeAccess;
  let client: KubeClient;
  let claims: CsiClaims;
  let ark: Ark;
  let volume: string;
  let written: string;

  before(async () => {
    node = await sharedNode();
    client = connectKube(node.controlPlane.kubeconfig);
    claims = await createCsiClaims(node, namespace);
    // The first answer of the driver is always lost.
    const snapshotClass = await claims.snapshotClass("lost", { fault: "answer-lost" });
    volume = await claims.create("data", { snapshotClass });
    written = claims.hash(volume);
    await labelVolume();
    const made = await createS3Ark("replaced below");
    ark = made.ark;
    fronts.store = made.front;
    const { cluster, ca, cert, key } = readKubeconfig(node.controlPlane.kubeconfig);
    fronts.api = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    writeFileSync(join(ark.home, "kubeconfig"), frontKubeconfig(fronts.api.endpoint));
  });
  after(async () => {
    await claims?.remove(...targets);
    await fronts.api?.close();
    await fronts.store?.close();
    await client?.close();
    ark?.remove();
  });

  /** A restore gives them to the volume that it gets: a step of its own. */
  async function labelVolume(): Promise<void> {
    const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/data`;
    const { spec } = JSON.parse((await client.demand("GET", claim)).toString()) as {
      spec: { volumeName: string };
    };
    const patch = JSON.stringify({ metadata: { labels: { disk: "fast" } } });
    const path = `/api/v1/persistentvolumes/${spec.volumeName}`;
    await client.demand("PATCH", path, patch, "application/merge-patch+json");
  }

  const flags = (): string[] => [
    ...["--mode", "standalone", "--kubeconfig", join(ark.home, "kubeconfig")],
  ];
  const backUp = (name: string): string[] => [
    ...["backup", "create", name, "--include-namespaces", namespace, ...flags()],
  ];
  const deletion = (name: string): string[] => [
    ...["backup", "delete", name, "--confirm", ...flags()],
  ];

  /** How often a run comes to each step; it must come to all. */
  async function hitsOf(
    steps: readonly StepPoint[],
    args: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    const from = { api: fronts.api.seen.length, store: fronts.store.seen.length };
    await ark.ok(...args);
    const hits = (["api", "store"] as const).flatMap((of) => [
      ...countHits(
        steps.filter((step) => step.of === of),
        fronts[of].seen.slice(from[of]),
      ),
    ]);
    const found = new Map(hits);
    for (const { name } of steps) assert.ok((found.get(name) ?? 0) > 0, `no run comes to ${name}`);
    return found;
  }

  const isWrite = ({ method }: StepPoint): boolean => method !== "GET";
  /** What is to be killed, one after the other. */
  const killsOf = (
    steps: readonly StepPoint[],
    hits: ReadonlyMap<string, number>,
  ): readonly (readonly [step: StepPoint, hit: number])[] =>
    steps
      .filter(({ always }) => always === true || killsAtAll)
      .flatMap((step) =>
        hitsToKill(step.name, hits.get(step.name) ?? 0).map((hit) => [step, hit] as const),
      );

  /** False: it ended before it came to this hit, as the number of looks is a matter of time. */
  async function dies(step: StepPoint, hit: number, args: readonly string[]): Promise<boolean> {
    const { isHit, ended } = await killAt(
      [[fronts[step.of], [step]]],
      { name: step.name, hit },
      (onPid) => ark.runWith({ onPid }, ...args),
    );
    if (isHit) assert.equal(ended.status, -1, `the process was not killed: ${ended.stderr}`);
    assert.ok(isHit || !isWrite(step), `no run comes to hit ${hit} of ${step.name}`);
    return isHit;
  }

  const told = ({ status, stdout, stderr }: CommandResult): string =>
    `${status}\n${stdout}${stderr}`;
  /** The storage has one snapshot, with what was written, and the cluster nothing. */
  async function assertOne(where: string): Promise<void> {
    assert.deepEqual(
      claims.snapshots(volume).map(({ hash }) => hash),
      [written],
      where,
    );
    assert.deepEqual(await claims.objectsLeft(...targets), [], where);
  }
  async function assertNone(where: string): Promise<void> {
    assert.deepEqual(claims.snapshots(volume), [], where);
    assert.deepEqual(await claims.objectsLeft(...targets), [], where);
  }

  it("a backup goes on after each: none is taken twice, none is left", async (t) => {
    const hits = await hitsOf(backupSteps, backUp("whole"));
    await assertOne("undisturbed");
    await ark.ok(...deletion("whole"));
    await assertNone("undisturbed");
    for (const [step, hit] of killsOf(backupSteps, hits)) await goesOn(step, hit, t);
  });

  async function goesOn(step: StepPoint, hit: number, t: TestContext): Promise<void> {
    const where = `${step.name}, hit ${hit}`;
    const isHit = await dies(step, hit, backUp("b"));
    const before = claims.snapshots(volume).length;
    const again = await ark.run(...backUp("b"));
    // One that was sealed when its process died has its name.
    if (again.status !== 0)
      assert.match(again.stderr, /ARK_NAME_TAKEN/, `${where}: ${told(again)}`);
    t.diagnostic(`${where}: ${isHit ? "killed" : "had ended"}, ${before} in the storage then`);
    await assertOne(where);
    await ark.ok(...deletion("b"));
    await assertNone(where);
  }

  it("a backup is discarded after some: nothing is left of it", async () => {
    for (const step of backupSteps.slice(0, killsAtAll ? 2 : 1)) {
      await dies(step, 1, backUp("d"));
      await ark.ok("backup", "discard", "d", "--confirm", ...flags());
      await assertNone(step.name);
    }
  });

  it("a restore goes on after each: the data is there once, and the snapshot stays", async (t) => {
    await ark.ok(...backUp("kept"));
    const restore = (target: string): string[] => {
      targets.push(target);
      const mapping = ["--namespace-mappings", `${namespace}:${target}`];
      return ["restore", "create", "--from-backup", "kept", ...mapping, ...flags()];
    };
    const hits = await hitsOf(restoreSteps, restore(`${namespace}-0`));
    for (const [step, hit] of killsOf(restoreSteps, hits)) {
      const where = `${step.name}, hit ${hit}`;
      const target = `${namespace}-${targets.length}`;
      const args = restore(target);
      const isHit = await dies(step, hit, args);
      const again = await ark.run(...args);
      assert.equal(again.status, 0, `${where}: ${told(again)}`);
      t.diagnostic(`${where}: ${isHit ? "killed" : "had ended"}`);
      const restored = (await claims.volumeOf("data", target)) ?? "";
      assert.equal(claims.hash(restored), written, where);
      assert.equal((await claims.volumesIn(target)).length, 1, where);
      await assertOne(where);
    }
    await ark.ok(...deletion("kept"));
    await assertNone("restored");
  });

  it("a deletion goes on after each: the snapshot goes, and then the backup", async () => {
    await ark.ok(...backUp("gone"));
    const hits = await hitsOf(deletionSteps, deletion("gone"));
    for (const [step, hit] of killsOf(deletionSteps, hits)) {
      await ark.ok(...backUp("gone"));
      await dies(step, hit, deletion("gone"));
      const listed = await ark.ok("backup", "get", "-o", "name", ...flags());
      if (listed.includes("gone")) await ark.ok(...deletion("gone"));
      await assertNone(`${step.name}, hit ${hit}`);
      assert.doesNotMatch(await ark.ok("backup", "get", "-o", "name", ...flags()), /gone/);
    }
  });
});
