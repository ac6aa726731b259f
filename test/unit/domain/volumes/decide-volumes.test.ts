import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideVolumes } from "../../../../src/domain/volumes/decide-volumes.ts";
import { aClaim, aPod, aVolume, claimNamed, settings } from "./volume-objects.ts";
import { decide, inline, nfs, optIn, policy, shown, used } from "./volume-rows.ts";

describe("decideVolumes()", () => {
  for (const source of ["secret", "configMap", "projected", "downwardAPI"]) {
    it(`says nothing of a ${source}: its data is in objects`, () => {
      assert.deepEqual(
        decide(inline({ [source]: {} }, optIn), { defaultVolumesToFsBackup: true }),
        [],
      );
    });
  }

  it("says nothing of a default-token volume", () => {
    const pods = [aPod("p", { "default-token-x": nfs })];
    assert.deepEqual(decide({ pods }, { defaultVolumesToFsBackup: true }), []);
  });

  it("says nothing of a volume that is not in the backup and whose claim is not either", () => {
    const volumes = [{ ...aVolume("gone"), leftOutBy: "only some namespaces are backed up" }];
    assert.deepEqual(decide({ volumes }), []);
  });

  it("names the rule by its index", () => {
    const [decision] = decide(used(), { policies: policy("skip") });
    assert.equal(decision?.reason.rule, 1);
  });

  it("does not mix claims of one name in two namespaces", () => {
    const other = aClaim("c", { phase: "Pending" });
    const elsewhere = { facts: { ...other.facts, namespace: "else" } };
    const decisions = decide({ ...used(optIn), claims: [elsewhere, aClaim("c")] });
    assert.deepEqual(decisions.map(shown), ["unprotected", "protected/fs-backup through p.v"]);
  });

  it("decides each claim and volume once, in the order of the input", () => {
    const decisions = decide({
      pods: [aPod("p", { a: claimNamed("c"), b: nfs, c: { secret: {} } })],
      claims: [aClaim("c"), aClaim("d")],
      volumes: [aVolume("c"), aVolume("d"), aVolume("e", nfs)],
    });
    assert.deepEqual(
      decisions.map(({ subject }) => Object.values(subject).join(" ")),
      ["claim shop c pv-c", "claim shop d pv-d", "pod-volume shop p b", "persistent-volume pv-e"],
    );
  });

  it("asks the rules once for each volume, however many pods use it", () => {
    const asked: string[] = [];
    const names = ["a", "b", "c"];
    decideVolumes(
      {
        pods: names.map((name) => aPod(name, { x: claimNamed("a"), y: claimNamed("b") })),
        claims: names.map((name) => aClaim(name)),
        volumes: names.map((name) => aVolume(name)),
      },
      { ...settings(), match: ({ type }) => void asked.push(type) },
    );
    assert.deepEqual(asked, ["csi", "csi", "csi"]);
  });
});
