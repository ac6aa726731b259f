import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCutSequence } from "../../../src/backup/cut.ts";
import { type ListOutcome, listKind } from "../../../src/backup/list-kind.ts";
import { ArkError, hasCode } from "../../../src/lib/errors.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { kindOf } from "../../support/kinds.ts";
import {
  brokenOff,
  expired,
  type ScriptedPage,
  scriptedCluster,
} from "../../support/scripted-cluster.ts";

const kind = kindOf("configmaps", { kind: "ConfigMap" });
const signal = new AbortController().signal;
const clock: Clock = {
  now: () => new Date("2026-01-01T00:00:00Z"),
  monotonicMs: () => 0,
  sleep: async () => undefined,
  uuid: () => "u",
  random: () => 0,
};

async function run(
  pages: readonly ScriptedPage[],
  options: { readonly cut?: string; readonly reason?: string } = {},
) {
  const cluster = scriptedCluster(pages);
  const { reason } = options;
  const outcome: ListOutcome = {
    resourceVersion: "",
    oneRevision: true,
    ...(reason === undefined ? {} : { reason }),
  };
  const ports = { cluster: cluster.reader, clock };
  const cuts =
    options.cut === undefined ? undefined : createCutSequence(options.cut, { kind }, ports);
  const names: string[] = [];
  const listed = listKind(
    { kind },
    { ...ports, ...(cuts === undefined ? {} : { cuts }) },
    outcome,
    signal,
  );
  let error: unknown;
  try {
    for await (const batch of listed) names.push(...batch.map((object) => object.name));
  } catch (thrown) {
    error = thrown;
  }
  return { names, outcome, error, cuts, requests: cluster.requests };
}

describe("listKind()", () => {
  it("sends the exact revision on the first page and only the token afterwards", async () => {
    const { names, outcome, requests } = await run(
      [
        { names: ["n/a", "n/b"], resourceVersion: "50", continueToken: "t1" },
        { names: ["n/c"], resourceVersion: "50" },
      ],
      { cut: "50" },
    );
    assert.deepEqual(names, ["a", "b", "c"]);
    assert.equal(requests[0]!.exactResourceVersion, "50");
    assert.deepEqual(
      [requests[1]!.exactResourceVersion, requests[1]!.continueToken],
      [undefined, "t1"],
    );
    assert.deepEqual(outcome, { resourceVersion: "50", oneRevision: true, cut: 0 });
  });

  it("goes on with the inconsistent token after a 410 and says that it is not one revision", async () => {
    const { names, outcome } = await run(
      [
        { names: ["n/a"], resourceVersion: "50", continueToken: "t1" },
        { names: [], error: expired("later") },
        { names: ["n/b"], resourceVersion: "90" },
      ],
      { cut: "50" },
    );
    assert.deepEqual(names, ["a", "b"]);
    assert.equal(outcome.oneRevision, false);
    assert.equal(outcome.cut, undefined);
    assert.match(outcome.reason ?? "", /expired/);
  });

  it("keeps the first reason why a kind is outside the cut", async () => {
    const reason = "its API server has revisions of its own";
    const { outcome } = await run(
      [
        { names: ["n/a"], resourceVersion: "50", continueToken: "t1" },
        { names: ["n/b"], resourceVersion: "60" },
      ],
      { reason },
    );
    assert.deepEqual(outcome, { resourceVersion: "60", oneRevision: false, reason });
  });

  it("lists again after a 410 without a token and takes only names after the last", async () => {
    const { names, outcome } = await run([
      { names: ["n/a", "n/b"], resourceVersion: "50", continueToken: "t1" },
      { names: [], error: expired() },
      { names: ["n/a", "n/aa"], resourceVersion: "90", continueToken: "t2" },
      { names: ["n/b", "n/c"], resourceVersion: "90" },
    ]);
    assert.deepEqual(names, ["a", "b", "c"]);
    assert.equal(outcome.oneRevision, false);
  });

  it("moves to a second cut when the first is compacted before the kind began", async () => {
    const { names, outcome, cuts } = await run(
      [
        { names: [], error: expired() },
        { names: ["n/x"], resourceVersion: "70", continueToken: "probe" },
        { names: ["n/a"], resourceVersion: "70" },
      ],
      { cut: "50" },
    );
    assert.deepEqual(names, ["a"]);
    assert.deepEqual(
      cuts?.cuts.map((cut) => cut.resourceVersion),
      ["50", "70"],
    );
    assert.deepEqual(outcome, { resourceVersion: "70", oneRevision: true, cut: 1 });
  });

  it("asks a page again that broke off, and writes no name twice", async () => {
    const { names, error } = await run([
      { names: ["n/a"], continueToken: "t1" },
      { names: ["n/b", "n/c"], error: brokenOff() },
      { names: ["n/b", "n/c", "n/d"] },
    ]);
    assert.equal(error, undefined);
    assert.deepEqual(names, ["a", "b", "c", "d"]);
  });

  it("gives up on a page that keeps breaking off, with the error itself", async () => {
    const { error, requests } = await run(
      [1, 2, 3, 4].map(() => ({ names: ["n/a"], error: brokenOff() })),
    );
    assert.ok(hasCode(error, "ARK_API_PROTOCOL"));
    assert.equal(requests.length, 4);
  });

  it("does not take up a list that came unordered: that could lose objects", async () => {
    const { error, names } = await run([{ names: ["n/z", "n/a"], error: brokenOff() }]);
    assert.ok(hasCode(error, "ARK_API_PROTOCOL"));
    assert.deepEqual(names, ["z", "a"]);
  });

  it("orders namespaces as etcd does, where a-b comes before a", async () => {
    const { names } = await run([
      { names: ["a-b/x", "a/x"], error: brokenOff() },
      { names: ["a-b/x", "a/x", "a/y"] },
    ]);
    assert.deepEqual(names, ["x", "x", "y"]);
  });

  it("leaves the cut when the server answers another revision than was asked", async () => {
    const { outcome } = await run([{ names: ["n/a"], resourceVersion: "51" }], { cut: "50" });
    assert.equal(outcome.cut, undefined);
    assert.match(outcome.reason ?? "", /51 where 50 was asked/);
  });

  it("fails at once with what cannot be mended", async () => {
    const { error, requests } = await run([
      { names: [], error: new ArkError("ARK_API_FORBIDDEN", "no") },
    ]);
    assert.ok(hasCode(error, "ARK_API_FORBIDDEN"));
    assert.equal(requests.length, 1);
  });
});
