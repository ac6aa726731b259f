/** What a restore must bring back, from the cluster's first state, with the command killed on the way. */
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { createRandom, type Random } from "../simulation/random.ts";
import { changeSome } from "../support/exchange/change-some.ts";
import { isFilled } from "../support/exchange/plain-namespace.ts";
import { killSeed } from "../support/failpoints.ts";
import type { Kill } from "../support/kill-at.ts";
import type { KubeClient } from "../support/kube-client.ts";
import { type MortalRun, restoreApiPoints, workDone } from "../support/mortal-restore.ts";
import { type MortalWorld, openMortalWorld } from "../support/mortal-world.ts";
import { compareWhenAlike } from "../support/oracle/await-state.ts";
import { readClusterState, type StoredObject } from "../support/oracle/cluster-state.ts";
import {
  type CompareOptions,
  type Comparison,
  renderLeftOut,
} from "../support/oracle/compare-states.ts";
import {
  ignoredFields,
  otherCluster,
  updateDifferences,
} from "../support/oracle/expected-differences.ts";
import { restoreStorePoints } from "../support/restore-points.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";

const prefix = "oracle";
/** ARK_ORACLE_ROUNDS=100 asks for more of each. */
const rounds = Number(process.env["ARK_ORACLE_ROUNDS"] ?? 3);
const killsInRound = 2;
const points = [...restoreApiPoints, ...restoreStorePoints].map(({ name }) => name);
/** What every run comes to more often than once; the number is less than any run has. */
const oftener: Readonly<Record<string, number>> = {
  "a look at the target": 60,
  discovery: 5,
  "a list of the store": 10,
  "a read of the backup": 40,
  "a record of its journal": 8,
  "a file of its results": 4,
};

/** A ReplicaSet that is alive deletes the pods that it has too many of. */
const surplusPods = /\/pods\/web-/;

/** Every second kill comes at a write to the cluster, the others at a request of any kind. */
function drawKills(random: Random, work: { creates: number; patches: number }): readonly Kill[] {
  const hits = { ...oftener, "a create": work.creates, "a patch": work.patches };
  return Array.from({ length: killsInRound }, (): Kill => {
    const names = random.int(2) === 0 ? ["a create", "a patch"] : points;
    const name = names[random.int(names.length)] as string;
    return { name, hit: 1 + random.int(hits[name as keyof typeof hits] ?? 1) };
  });
}

describe(`a restore that is killed at random, and what it brings back (ARK_KILL_SEED=${killSeed})`, {
  skip: await whyNoTestbed(),
  timeout: (10 + rounds) * 60_000,
}, () => {
  /** A range of addresses cannot go while an address of it is there, and would hang in between. */
  const isChangeable = (object: StoredObject): boolean =>
    isFilled(prefix)(object) &&
    !object.namespace.startsWith("to-") &&
    object.resource !== "servicecidrs.networking.k8s.io";
  const told: Comparison[] = [];
  let world: MortalWorld;
  before(async () => {
    world = await openMortalWorld(prefix);
  });
  after(async () => {
    await world?.close();
  });

  /** Controllers may still be at work: asks until nothing differs, and at last says what does. */
  async function agrees(client: KubeClient, options: CompareOptions): Promise<void> {
    const comparison = await compareWhenAlike(world.first, () => readClusterState(client), options);
    assert.deepEqual(comparison.differences, []);
    told.push(comparison);
  }

  function checkRun(t: TestContext, run: MortalRun): void {
    const { kills, ended } = run;
    const { made, patched, inDoubt, madeSure, repeated } = workDone(run, surplusPods);
    const listed = kills.map(({ name, hit }) => `${name} ${hit}`).join(", then at ");
    t.diagnostic(
      `killed at ${listed}; ${made} made, ${patched} patches; ${inDoubt} in doubt, ${madeSure} patches sent once more`,
    );
    assert.equal(ended.status, 0, ended.stdout + ended.stderr);
    assert.ok(kills.length > 0, "the run ended before it came to where it was to be killed");
    assert.deepEqual(repeated, []);
  }

  for (let round = 1; round <= rounds; round++) {
    it(`brings namespaces back under other names, round ${round}`, async (t) => {
      const { source } = world;
      const namespaceMapping = {
        [`${prefix}-app`]: `to-${round}-app`,
        [`${prefix}-plain`]: `to-${round}-plain`,
      };
      const random = createRandom(`${killSeed} mapped ${round}`);
      const mapping = Object.entries(namespaceMapping).map((pair) => pair.join(":"));
      const run = await source.restore(drawKills(random, { creates: 40, patches: 2 }), [
        "--namespace-mappings",
        mapping.join(","),
      ]);
      checkRun(t, run);
      await agrees(source.client, { namespaceMapping });
      await agrees(source.client, {});
    });
  }

  for (let round = 1; round <= rounds; round++) {
    it(`mends a cluster of which half was deleted and a third changed, round ${round}`, async (t) => {
      const { client, restore } = world.source;
      const own = [...(await readClusterState(client)).values()].filter(isChangeable);
      const { deleted, changed } = await changeSome(client, own, round);
      t.diagnostic(`${deleted.length} deleted, ${changed.length} changed of ${own.length}`);
      const random = createRandom(`${killSeed} changed ${round}`);
      const kills = drawKills(random, { creates: 20, patches: 10 });
      checkRun(t, await restore(kills, ["--existing-resource-policy", "update"]));
      await agrees(client, { fields: [...ignoredFields, ...updateDifferences] });
    });
  }

  for (let round = 1; round <= rounds; round++) {
    it(`fills a cluster that holds nothing, round ${round}`, async (t) => {
      await world.inNewCluster(async ({ client, restore }) => {
        const random = createRandom(`${killSeed} empty ${round}`);
        checkRun(t, await restore(drawKills(random, { creates: 60, patches: 4 }), []));
        await agrees(client, { fields: [...ignoredFields, ...otherCluster] });
      });
    });
  }

  it("differs only in what one table says", (t) => {
    const left = new Map<string, number>();
    for (const comparison of told)
      for (const [reason, times] of comparison.left)
        left.set(reason, (left.get(reason) ?? 0) + times);
    const compared = told.reduce((sum, one) => sum + one.compared, 0);
    t.diagnostic(renderLeftOut({ compared, left, differences: [] }));
    assert.ok(compared > 0);
  });
});
