import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { FlagValue } from "../../../src/cli/flag-spec.ts";
import { createFlagValues } from "../../../src/cli/flag-values.ts";
import { restoreRequestOfPlan, withContext } from "../../../src/cli/restore-request.ts";
import { createPlanDigest } from "../../../src/restore/plan/plan-document.ts";
import type { RestoreRequest } from "../../../src/restore/restore-request.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const backup = { name: "b1", location: "default", sealSha256: "0".repeat(64) } as never;
const restore = { spec: { backupName: "b1" }, labels: {}, annotations: {}, allowDamaged: false };
const planSha256 = createPlanDigest().end({ cluster: { id: "c" }, backup, restore });
const plan = {
  apiVersion: "ark-ts.dev/v1",
  kind: "RestorePlan",
  metadata: { name: "7f3c" },
  plannedAt: "2026-11-20T02:00:00Z",
  cluster: { id: "c" },
  backup,
  restore,
  totals: { objects: 0 },
  planSha256,
  items: [],
};

describe("the command of a request", () => {
  const typed = (argv: readonly string[], flags: Readonly<Record<string, FlagValue>> = {}) => {
    const environment = fakeEnvironment("/", argv);
    const values = createFlagValues(new Map(Object.entries(flags)));
    const request = { command: "ark-ts" } as RestoreRequest;
    return withContext(request, { flags: values, environment }, "my lab").command;
  };

  it("names the context that was the current one, for who types it again", () => {
    assert.equal(typed(["restore", "create"]), "ark-ts restore create --context 'my lab'");
    const ended = ["restore", "object", "--", "a b"];
    assert.equal(typed(ended), "ark-ts restore object --context 'my lab' -- 'a b'");
  });

  it("stays as it is where the context was typed", () => {
    assert.equal(typed(["restore", "create", "--context=a"], { context: "a" }), "ark-ts");
  });
});

describe("restoreRequestOfPlan()", () => {
  let home = "";
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "ark-plan-"));
  });
  after(() => rm(home, { recursive: true }));
  const request = (document: object, flags: Readonly<Record<string, FlagValue>> = {}) =>
    requestOfText(JSON.stringify(document, undefined, 2), flags);
  const requestOfText = async (text: string, flags: Readonly<Record<string, FlagValue>> = {}) => {
    await writeFile(join(home, "plan.json"), text);
    const typed = createFlagValues(new Map(Object.entries({ plan: "plan.json", ...flags })));
    const environment = fakeEnvironment(home, []);
    const invocation = { path: [], args: [], flags: typed, environment, tree: {} as never };
    return await restoreRequestOfPlan(invocation, createVirtualClock());
  };

  it("asks for what the plan says", async () => {
    const asked = await request(plan);
    assert.deepEqual(asked?.spec, restore.spec);
    assert.deepEqual([asked?.readBack, asked?.strict, asked?.readiness], [true, false, undefined]);
  });

  it("takes the flags that say how it is watched", async () => {
    const flags = { "require-ready": true, "ready-timeout": "1m", "read-back": false };
    const asked = await request(plan, { ...flags, strict: true });
    assert.deepEqual(asked?.readiness, { timeoutMs: 60_000, required: true });
    assert.deepEqual([asked?.readBack, asked?.strict], [false, true]);
  });

  it("refuses flags that the plan has answered", async () => {
    await assert.rejects(request(plan, { "include-namespaces": ["a"] }), {
      code: "ARK_USAGE",
      message: /--include-namespaces and --plan cannot be used together/,
    });
  });

  it("reads a plan by what it says, however somebody has laid it out since", async () => {
    const item = (name: string, rest: object = {}) => ({
      ...{ resource: "configmaps", version: "v1", kind: "ConfigMap", namespace: "shop", name },
      ...{ action: "create", reason: "it is not there", ...rest },
    });
    const changes = [{ path: "data.n", change: "changed", before: 1.5, after: "]}, {" }];
    const items = [item("a"), item("b", { changes, live: { uid: "u", sha256: "s" } })];
    const digest = createPlanDigest();
    for (const one of items) digest.add(JSON.stringify(one));
    const sha256 = digest.end({ cluster: { id: "c" }, backup, restore });
    const { items: _, ...head } = { ...plan, totals: { objects: 2 }, planSha256: sha256 };
    const sorted = Object.fromEntries(
      Object.entries({ ...head, items }).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    const { dump } = await import("js-yaml");
    const layouts = [
      ...[undefined, 2, "\t"].map((indent) =>
        JSON.stringify({ ...head, items }, undefined, indent),
      ),
      JSON.stringify(sorted, undefined, 2),
      JSON.stringify({ items, ...head }).replace("1.5", "15e-1"),
      dump(JSON.parse(JSON.stringify({ ...head, items }))),
      `${dump(JSON.parse(JSON.stringify(head)))}items:\n${items.map((one) => `- ${JSON.stringify(one)}\n`).join("")}`,
    ];
    for (const text of layouts) {
      const asked = await requestOfText(text);
      assert.equal(asked?.planned?.expected("configmaps", "shop", "b")?.liveUid, "u", text);
      const changed = text.replace(/(b"?,?\s*"?action"?: ?"?)create/, "$1delete");
      const others = [changed, text.replace("]}, {", "]}, ["), text.replace(/\bc\b/, "d")];
      for (const other of others) {
        if (other === text) continue;
        await assert.rejects(requestOfText(other), /it was changed after it was made/, other);
      }
    }
    const cut = JSON.stringify({ ...head, items }).slice(0, -20);
    await assert.rejects(requestOfText(cut), /not valid JSON/);
  });

  it("says of what is no plan what it is", async () => {
    const { apiVersion: _, kind: __, ...bare } = plan;
    await assert.rejects(request(bare), { message: /no plan of a restore: it names no kind$/ });
    await assert.rejects(request({ ...plan, kind: "BackupPlan" }), {
      message: /no plan of a restore: its kind is ark-ts\.dev\/v1 BackupPlan$/,
    });
  });
});
