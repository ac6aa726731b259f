import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../src/api/labels.ts";
import type { Finding } from "../../../../src/api/results.ts";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { renderRestoreReport } from "../../../../src/cli/render/restore-report.ts";
import type { RestoreReport, RestoreRequest } from "../../../../src/restore/restore-request.ts";
import { fakeSink } from "../fake-environment.ts";

const painter = createPainter({ env: {}, argv: [] }, fakeSink());
const listFailed: Finding = {
  severity: "error",
  code: "ARK_LIST_FAILED",
  message: "things.example.io could not be listed: 503",
  resource: "things.example.io",
  advice: "leave it out with --exclude-resources things.example.io",
};

describe("renderRestoreReport()", () => {
  const restoreReport = (others: Partial<RestoreReport>): RestoreReport => ({
    restore: {
      apiVersion: "velero.io/v1",
      kind: "Restore",
      metadata: { name: "r" },
      spec: {},
      status: { phase: "Completed" },
    },
    created: 0,
    updated: 0,
    recreated: 0,
    deleted: 0,
    skipped: 0,
    failed: 0,
    ownersMapped: 0,
    ownersDropped: 0,
    neverRestored: new Map(),
    hooks: [],
    recorded: true,
    findings: [],
    ...others,
  });

  it("points nowhere and leaves nothing out when there is no record", () => {
    const findings = Array.from({ length: 20 }, () => listFailed);
    const text = renderRestoreReport(restoreReport({ recorded: false, findings }), 1, painter);
    assert.doesNotMatch(text, /restore describe|more finding/);
    assert.equal(text.match(/503/g)?.length, 20);
  });

  it("says after a cancel how to go on, before how to undo", () => {
    const { restore } = restoreReport({});
    const cancelled = {
      ...restore,
      metadata: { name: "r", annotations: { [annotations.outcome]: "cancelled" } },
      status: { phase: "Failed" as const },
    };
    const report = restoreReport({ restore: cancelled, created: 3 });
    const text = (asked: Parameters<typeof renderRestoreReport>[3]) =>
      renderRestoreReport(report, 1, painter, asked);
    assert.match(
      text({ isNameGiven: false }),
      /\nto go on: run the same command again; what is restored already is left as it is\n(?:.*\n)*.*restore undo r\n$/,
    );
    assert.match(text({ isNameGiven: true }), /same command with another name than r;/);
    const planned = {} as NonNullable<RestoreRequest["planned"]>;
    assert.match(text({ isNameGiven: true, planned }), /make a new plan as this one was made/);
    assert.doesNotMatch(renderRestoreReport(restoreReport({}), 1, painter), /to go on/);
  });

  it("says why errors are not as many as failed objects", () => {
    const status = { phase: "PartiallyFailed", errors: 3 } as const;
    const { restore } = restoreReport({});
    const failed = { ...listFailed, name: "a" };
    const findings = [failed, failed, listFailed];
    const report = restoreReport({ restore: { ...restore, status }, failed: 2, findings });
    assert.match(
      renderRestoreReport(report, 1, painter),
      /errors +3: 2 about single objects, 1 about the backup or the run\n/,
    );
    const equal = { ...report, failed: 3 };
    assert.doesNotMatch(renderRestoreReport(equal, 1, painter), /about single objects/);
  });

  it("does not call a delete nothing, and says how it is undone", () => {
    const notRemade = { ...listFailed, code: "ARK_OBJECT_NOT_REMADE" } as const;
    const report = restoreReport({ failed: 1, findings: [notRemade] });
    const text = renderRestoreReport(report, 1, painter);
    assert.doesNotMatch(text, /nothing was written/);
    assert.match(text, /to undo what this run did: ark-ts restore undo r/);
    const vain = restoreReport({ failed: 1, findings: [listFailed] });
    assert.match(renderRestoreReport(vain, 1, painter), /nothing was written/);
  });

  it("says in words that all was there already", () => {
    const text = renderRestoreReport(restoreReport({ skipped: 12 }), 1, painter);
    assert.match(text, /\n {2}nothing to restore: each of 12 objects is there already/);
    const some = renderRestoreReport(restoreReport({ skipped: 12, created: 1 }), 1, painter);
    assert.doesNotMatch(some, /nothing to restore/);
    const findings = [
      { severity: "warning", code: "ARK_OBJECT_DIFFERS", message: "differs" } as const,
    ];
    const differing = renderRestoreReport(restoreReport({ skipped: 12, findings }), 1, painter);
    assert.doesNotMatch(differing, /nothing to restore/);
  });

  it("counts what is never restored, by its reason", () => {
    const neverRestored = new Map([
      ["events", 1_200],
      ["events.events.k8s.io", 3],
      ["nodes", 1],
    ]);
    const text = renderRestoreReport(restoreReport({ created: 1, neverRestored }), 1, painter);
    assert.match(
      text,
      /left out +1,200 events, 3 events\.events\.k8s\.io: they tell what happened/,
    );
    assert.match(text, /left out +1 nodes: the nodes of a cluster report themselves/);
  });
});
