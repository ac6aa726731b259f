import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RawObject } from "../../../src/api/raw-object.ts";
import type { ResourceKind } from "../../../src/api/resource-kind.ts";
import { detectServer } from "../../../src/cli/detect-server.ts";
import { type CommandNeed, decideMode, type Sighting } from "../../../src/cli/mode.ts";
import { ArkError, hasCode } from "../../../src/lib/errors.ts";
import type { ClusterReader, Discovery } from "../../../src/ports/cluster.ts";
import { kindOf } from "../../support/kinds.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

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

  it("is standalone without a server", async () => {
    const decision = await decideMode(evidence({ kind: "no-server" }));
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
    { kind: "released", namespace: "ark-ts" },
    { kind: "forbidden", answer: "leases is forbidden" },
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
    const reading = await decideMode(evidence(sighting, "read-store"));
    assert.equal(reading.mode, "standalone");
    assert.match(reading.reason, /\(refused\); --mode standalone/);
    await assert.rejects(decideMode(evidence(sighting, "write-store")), (error) => {
      assert.ok(hasCode(error, "ARK_MODE_UNCLEAR"));
      assert.match(error.advice ?? "", /cluster is gone: --mode standalone/);
      return true;
    });
  });
});

const now = new Date("2026-11-20T12:00:00Z");
const signal = new AbortController().signal;
const backups = [kindOf("backups.velero.io", { kind: "Backup" })];

interface FakeCluster {
  readonly lease?: unknown;
  readonly kinds?: readonly ResourceKind[];
  /** What discovery does instead of answering. */
  readonly discover?: ClusterReader["discover"];
  readonly failures?: Discovery["failures"];
}

function clusterWith(fake: FakeCluster): Pick<ClusterReader, "get" | "discover"> {
  const { lease, kinds = backups, failures = [] } = fake;
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
    discover: fake.discover ?? (async () => ({ kinds, failures })),
  };
}

function look(fake: FakeCluster, need: CommandNeed = "read-store") {
  const clock = createVirtualClock({ startMs: now.getTime() });
  return detectServer(clusterWith(fake), "there", need, { clock, signal });
}

const failing = (error: Error): ClusterReader["discover"] => {
  return async () => {
    throw error;
  };
};

describe("detectServer() looks for the kinds, and only then for a live Lease", () => {
  const holder = { holderIdentity: "ark-0", leaseDurationSeconds: 6 };

  it("never asks for the Lease where the kinds are not served", async () => {
    const lease = new ArkError("ARK_API_FORBIDDEN", "it was asked for");
    assert.equal((await look({ lease, kinds: [] })).kind, "no-server");
    assert.equal((await look({ lease, kinds: [] }, "cluster")).kind, "no-server");
  });

  it("asks for the Lease where it cannot be learned whether the kinds are served", async () => {
    const failures = [{ group: "velero.io/v1", versions: [], reason: "503" }];
    const lease = new ArkError("ARK_API_FORBIDDEN", "no");
    assert.equal((await look({ lease, kinds: [], failures })).kind, "forbidden");
  });

  it("sees no server without a Lease", async () => {
    assert.equal((await look({})).kind, "no-server");
  });

  it("tells a server that was stopped, or whose pods are being replaced, from none", async () => {
    assert.equal((await look({ lease: { ...holder, holderIdentity: "" } })).kind, "released");
    assert.equal((await look({ lease: {} })).kind, "released");
  });

  it("sees a live one, with the clocks of two machines 20 s apart", async () => {
    for (const renewTime of [
      "2026-11-20T11:59:58.000000Z",
      "2026-11-20T11:59:38Z",
      "2026-11-20T12:00:20Z",
    ]) {
      assert.equal((await look({ lease: { ...holder, renewTime } })).kind, "live");
    }
  });

  it("sees a stale one", async () => {
    const renewTime = "2026-11-20T11:50:00Z";
    assert.equal((await look({ lease: { ...holder, renewTime } })).kind, "stale");
    assert.equal((await look({ lease: holder })).kind, "stale");
  });

  it("tells a refusal of the Lease from no server, for every command", async () => {
    const lease = new ArkError("ARK_API_FORBIDDEN", "no");
    assert.equal((await look({ lease })).kind, "forbidden");
    assert.equal((await look({ lease }, "cluster")).kind, "forbidden");
  });

  it("sees no cluster, in one line, where it gives no useful answer", async () => {
    for (const code of [
      "ARK_API_UNREACHABLE",
      "ARK_API_UNAUTHORIZED",
      "ARK_API_FORBIDDEN",
      "ARK_API_FAILED",
      "ARK_API_PROTOCOL",
      "ARK_CREDENTIAL_PLUGIN",
    ] as const) {
      const error = new ArkError(code, "no", { answer: "401 Unauthorized\nmore" });
      assert.deepEqual(await look({ discover: failing(error) }, "write-store"), {
        kind: "no-cluster",
        reason: "401 Unauthorized",
      });
    }
  });

  it("waits 3 s for an API server that hangs, even one that heeds no signal", async () => {
    const clock = createVirtualClock();
    const cluster = clusterWith({ discover: () => new Promise(() => {}) });
    const looked = detectServer(cluster, "there", "read-store", { clock, signal });
    await clock.advance(2_999);
    assert.equal(clock.sleeping(), 1);
    await clock.advance(1);
    assert.deepEqual(await looked, { kind: "no-cluster", reason: "no answer within 3 s" });
  });

  it("takes its own being held up, as on a busy machine, for no silence of the API server", async () => {
    // Each sleep ends late by any length of time: all that counts is how often one has ended.
    const clock = {
      now: () => new Date("2026-11-20T12:00:00Z"),
      sleep: () => new Promise<void>((resolve) => void setImmediate(resolve)),
    };
    const discover = async () => {
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      return { kinds: [], failures: [] };
    };
    const cluster = clusterWith({ discover });
    const looked = await detectServer(cluster, "there", "read-store", { clock, signal });
    assert.deepEqual(looked, { kind: "no-server" });
  });

  it("leaves no timer behind when it has its answer", async () => {
    const clock = createVirtualClock();
    await detectServer(clusterWith({}), "there", "read-store", { clock, signal });
    assert.equal(clock.sleeping(), 0);
  });

  it("rejects with the reason of its signal", async () => {
    const cancel = new AbortController();
    const reason = new ArkError("ARK_CANCELLED", "cancelled");
    const cluster = clusterWith({ discover: () => new Promise(() => {}) });
    const clock = createVirtualClock();
    const looked = detectServer(cluster, "there", "read-store", { clock, signal: cancel.signal });
    cancel.abort(reason);
    await assert.rejects(looked, (error) => error === reason);
  });

  it("leaves an unreachable cluster an error where the command needs it", async () => {
    const gone = new ArkError("ARK_API_UNREACHABLE", "no");
    await assert.rejects(look({ discover: failing(gone) }, "cluster"), (error) => {
      assert.ok(hasCode(error, "ARK_API_UNREACHABLE"));
      assert.equal(error.cause, gone);
      return true;
    });
    const odd = new ArkError("ARK_API_FAILED", "odd");
    await assert.rejects(look({ discover: failing(odd) }, "cluster"), (error) => error === odd);
  });
});
