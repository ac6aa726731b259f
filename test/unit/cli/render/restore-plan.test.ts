import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { itemLine, renderRestorePlan } from "../../../../src/cli/render/restore-plan.ts";
import type { RestorePlanHeader } from "../../../../src/restore/plan/plan-document.ts";
import { fakeEnvironment } from "../fake-environment.ts";

const environment = fakeEnvironment("/", []);
const painter = createPainter(environment, environment.stdout);
const header = {
  metadata: { name: "7f3c" },
  cluster: { id: "c", context: "lab" },
  backup: { name: "b" },
  totals: { objects: 3, create: 3, patch: 0, recreate: 0, delete: 0, skip: 0, wait: 0, blocked: 0 },
  dryRun: { mode: "none", asked: 0, accepted: 0, refused: 0, unanswered: 0, notAsked: [] },
  estimate: { seconds: 1, rate: 640, basis: "a guess" },
  findings: [],
  findingCounts: {},
  notes: [],
} as unknown as RestorePlanHeader;

describe("a plan for people", () => {
  it("tells how many objects each mapping and modifier changes", () => {
    const changed = new Map([
      ["rule 1 (secrets)", 2],
      ["--host-mappings a:b", 1],
    ]);
    const text = renderRestorePlan(header, [], {
      painter,
      details: false,
      changed,
      volumes: new Map(),
    });
    assert.match(
      text,
      /^changes {2}rule 1 \(secrets\): 2 objects\n {9}--host-mappings a:b: 1 object$/m,
    );
    const none = renderRestorePlan(header, [], {
      painter,
      details: false,
      changed: new Map(),
      volumes: new Map(),
    });
    assert.doesNotMatch(none, /changes/);
  });

  it("tells how many of the objects that are skipped differ from the backup", () => {
    const skipping = (differ?: number) => {
      const totals = { ...header.totals, skip: 32, ...(differ === undefined ? {} : { differ }) };
      const style = { painter, details: false, changed: new Map(), volumes: new Map() };
      return renderRestorePlan({ ...header, totals }, [], style);
    };
    assert.match(skipping(5), / skip 32 \(5 differ\)$/m);
    assert.match(skipping(1), / skip 32 \(1 differs\)$/m);
    for (const differ of [0, undefined]) assert.match(skipping(differ), / skip 32$/m);
  });

  it("tells of an object what changes it, and what could not", () => {
    const of = { resource: "secrets", version: "v1", kind: "Secret", namespace: "shop", name: "s" };
    const given = { ...of, action: "create", reason: "it is not there" } as const;
    const changes = { changedBy: ["rule 1 (secrets)"], unmodified: ["rule 2 is of no use"] };
    assert.equal(
      itemLine({ ...given, ...changes }, painter),
      [
        "  create   Secret shop/s   it is not there",
        "             changed by rule 1 (secrets)",
        "             rule 2 is of no use\n",
      ].join("\n"),
    );
  });
});
