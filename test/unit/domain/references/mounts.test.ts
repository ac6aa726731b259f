import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type MountedClaim,
  type MountingPod,
  podsForClaims,
} from "../../../../src/domain/references/mounts.ts";
import { createRandom, type Random } from "../../../simulation/random.ts";

function draw(random: Random) {
  const names = (prefix: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const claims = names("c", 1 + random.int(6)).map((name) => ({
    namespace: random.pick(["x", "x", "x", "y"]),
    name,
    selected: random.chance(0.2),
    bound: random.chance(0.7),
  }));
  const pods = names("p", 1 + random.int(8)).map((name) => ({
    namespace: random.pick(["x", "x", "x", "y"]),
    name,
    claims: random.some(names("c", 7), 0.5),
    selected: random.chance(0.2),
    running: random.chance(0.8),
  }));
  return { pods, claims };
}

/** What Velero's recursion ends with: rules applied until nothing changes. */
function model(pods: readonly MountingPod[], claims: readonly MountedClaim[]): readonly string[] {
  const taken = new Set<MountingPod | MountedClaim>();
  const mounts = (pod: MountingPod, claim: MountedClaim): boolean =>
    pod.namespace === claim.namespace && pod.claims.includes(claim.name);
  for (const one of [...pods, ...claims]) if (one.selected) taken.add(one);
  for (let size = -1; size !== taken.size; ) {
    size = taken.size;
    for (const pod of pods) {
      for (const claim of claims.filter((one) => mounts(pod, one))) {
        if (taken.has(pod)) taken.add(claim);
        if (taken.has(claim) && claim.bound && pod.running) taken.add(pod);
      }
    }
  }
  return pods.filter((pod) => taken.has(pod) && !pod.selected).map(({ name }) => name);
}

describe("podsForClaims()", () => {
  it("ends where Velero's recursion ends, whatever mounts what", () => {
    let brought = 0;
    for (let seed = 1; seed <= 2000; seed++) {
      const { pods, claims } = draw(createRandom(seed));
      const names = podsForClaims(pods, claims).map(({ name }) => name);
      assert.deepEqual([...names].sort(), [...model(pods, claims)].sort(), `seed ${seed}`);
      brought += names.length;
    }
    assert.ok(brought > 1000, "hardly any draw brings a pod");
  });
});
