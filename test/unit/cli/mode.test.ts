import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RawObject } from "../../../src/api/raw-object.ts";
import type { ResourceKind } from "../../../src/api/resource-kind.ts";
import { detectServer } from "../../../src/cli/detect-server.ts";
import { type CommandNeed, decideMode, type Sighting } from "../../../src/cli/mode.ts";
import { ArkError, hasCode } from "../../../src/lib/errors.ts";
import type { ClusterReader } from "../../../src/ports/cluster.ts";
import { kindOf } from "../../support/kinds.ts";

const evidence = (look: Sighting | undefined, need: CommandNeed = "read-store") => ({
  asked: undefined,
  kept: undefined,
  context: "kind-prod",
  need,
  look: async () => look ?? assert.fail("the cluster was looked at"),
});

describe("decideMode() goes by --mode, then the kept mode, then what is seen", () => {
  it("takes --mode without a look, against a kept mode", async () => {
    const decision = await decideMode({
      ...evidence(undefined),
      asked: "standalone",
      kept: "server",
    });
    assert.equal(decision.mode, "standalone");
    assert.match(decision.reason, /--mode/);
  });

  it("takes the kept mode without a look", async () => {
    const decision = await decideMode({ ...evidence(undefined), kept: "server" });
    assert.equal(decision.mode, "server");
    assert.match(decision.reason, /kept for context kind-prod/);
  });

  it("is standalone without a Lease", async () => {
    const decision = await decideMode(evidence({ kind: "no-lease", namespace: "ark-ts" }));
    assert.deepEqual(decision, {
      mode: "standalone",
      reason: "no ark-ts server in context kind-prod",
    });
  });

  it("is server mode with a live Lease", async () => {
    const sighting = { kind: "live", namespace: "ark-ts", holder: "ark-0" } as const;
    assert.equal((await decideMode(evidence(sighting))).mode, "server");
  });

  const unclear: readonly Sighting[] = [
    { kind: "stale", namespace: "ark-ts", holder: "ark-0", renewedAt: "2026-01-01T00:00:00Z" },
    { kind: "no-kinds", namespace: "ark-ts" },
    { kind: "forbidden", namespace: "ark-ts", answer: "leases is forbidden" },
  ];
  for (const sighting of unclear) {
    it(`stops and offers --mode when it sees ${sighting.kind}`, async () => {
      await assert.rejects(decideMode(evidence(sighting)), (error) => {
        assert.ok(hasCode(error, "ARK_MODE_UNCLEAR"));
        assert.match(error.advice ?? "", /--mode standalone/);
        return true;
      });
    });
  }

  it("reads a store without a cluster to ask, and writes none", async () => {
    const sighting = { kind: "no-cluster", reason: "refused" } as const;
    assert.equal((await decideMode(evidence(sighting, "read-store"))).mode, "standalone");
    await assert.rejects(decideMode(evidence(sighting, "write-store")), (error) =>
      hasCode(error, "ARK_MODE_UNCLEAR"),
    );
  });
});

const now = new Date("2026-11-20T12:00:00Z");
const clock = { now: () => now };
const signal = new AbortController().signal;

function clusterWith(
  lease: unknown,
  kinds: readonly ResourceKind[] = [],
): Pick<ClusterReader, "get" | "discover"> {
  return {
    get: async ({ kind, namespace, name }) => {
      assert.equal(
        `${kind.group}/${kind.resource}/${namespace}/${name}`,
        "coordination.k8s.io/leases/there/ark-ts",
      );
      if (lease instanceof Error) throw lease;
      if (lease === undefined) return undefined;
      return { bytes: Buffer.from(JSON.stringify({ spec: lease })) } as RawObject;
    },
    discover: async () => ({ kinds, failures: [] }),
  };
}

const look = (lease: unknown, kinds?: readonly ResourceKind[], need: CommandNeed = "read-store") =>
  detectServer(clusterWith(lease, kinds), "there", need, { clock, signal });

describe("detectServer() looks for a live Lease and for the kinds", () => {
  const backups = [kindOf("backups.velero.io", { kind: "Backup" })];
  const holder = { holderIdentity: "ark-0", leaseDurationSeconds: 6 };

  it("sees no server without a Lease, or with one that nobody holds", async () => {
    assert.equal((await look(undefined)).kind, "no-lease");
    assert.equal((await look({ ...holder, holderIdentity: "" })).kind, "no-lease");
  });

  it("sees a live one, with the clocks of two machines 20 s apart", async () => {
    for (const renewTime of [
      "2026-11-20T11:59:58.000000Z",
      "2026-11-20T11:59:38Z",
      "2026-11-20T12:00:20Z",
    ]) {
      assert.equal((await look({ ...holder, renewTime }, backups)).kind, "live");
    }
  });

  it("sees a stale one", async () => {
    assert.equal(
      (await look({ ...holder, renewTime: "2026-11-20T11:50:00Z" }, backups)).kind,
      "stale",
    );
    assert.equal((await look(holder, backups)).kind, "stale");
  });

  it("sees a live one whose kinds are gone", async () => {
    assert.equal((await look({ ...holder, renewTime: now.toISOString() })).kind, "no-kinds");
  });

  it("tells a refusal, and no cluster, from no server", async () => {
    assert.equal((await look(new ArkError("ARK_API_FORBIDDEN", "no"))).kind, "forbidden");
    assert.equal((await look(new ArkError("ARK_API_UNREACHABLE", "no"))).kind, "no-cluster");
  });

  it("leaves an unreachable cluster an error where the command needs it", async () => {
    const gone = new ArkError("ARK_API_UNREACHABLE", "no");
    await assert.rejects(look(gone, [], "cluster"), (error) => {
      assert.ok(hasCode(error, "ARK_API_UNREACHABLE"));
      assert.equal(error.cause, gone);
      return true;
    });
    const odd = new ArkError("ARK_API_FAILED", "odd");
    await assert.rejects(look(odd, [], "cluster"), (error) => error === odd);
  });
});
