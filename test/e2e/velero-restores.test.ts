import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  compareRestores,
  type RestoreComparison,
  renderReasons,
} from "../support/exchange/compare-restores.ts";
import { moreRestoreCases, restoreCases } from "../support/exchange/restore-cases.ts";
import { openRestoreDuel, type RestoreDuel } from "../support/exchange/restore-duel.ts";
import { whyNoTestbed } from "../support/shared-testbed.ts";

const prefix = "duel";
const [app, plain] = [`${prefix}-app`, `${prefix}-plain`];
const isAll = process.env["ARK_VELERO_SETS"] === "all";
const cases = [...restoreCases(app, plain), ...(isAll ? moreRestoreCases(app, plain) : [])];

describe(`${cases.length} restores, by ark-ts and by Velero 1.18.3`, {
  skip: await whyNoTestbed(),
  timeout: 3600_000,
}, () => {
  let duel: RestoreDuel;
  const comparisons: RestoreComparison[] = [];
  before(async () => {
    duel = await openRestoreDuel(prefix);
  });
  after(() => duel?.close());

  for (const one of cases) {
    const title = `of ${one.archive}'s backup into the ${one.target} cluster: ${one.flags.join(" ") || "(no flags)"}`;
    it(`${title}: end alike`, async (t: TestContext) => {
      const states = await duel.run(one);
      const comparison = compareRestores(states, one.differences);
      comparisons.push(comparison);
      const { compared, restored, unexplained } = comparison;
      t.diagnostic(`${compared} objects compared, ${restored} of them restored`);
      if (unexplained.length > 0) t.diagnostic(states.said);
      assert.deepEqual(unexplained, []);
      assert.ok(compared > 200 && restored > 0, "both restored something");
    });
  }

  it("differ by nothing else than this", (t: TestContext) => {
    t.diagnostic(renderReasons(comparisons));
    assert.equal(comparisons.length, cases.length);
  });
});
