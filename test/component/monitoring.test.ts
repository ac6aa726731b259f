import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { load } from "js-yaml";
import type { Metric } from "../../src/server/metrics/exposition.ts";
import { processMetrics } from "../../src/server/metrics/process-metrics.ts";
import { emptyTally } from "../../src/server/metrics/tally.ts";
import { leaderMetrics } from "../../src/server/metrics/velero-metrics.ts";
import { createControllerWorld } from "../support/controller-world.ts";

/** Every `expr`, at whatever depth. */
function expressionsOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    key === "expr" && typeof one === "string" ? [one] : expressionsOf(one),
  );
}

const metricsIn = (expression: string): readonly string[] =>
  expression.match(/\b(?:velero|ark_ts|process)_[a-z_]+/g) ?? [];

/** Names of the series, those of histograms included. */
function seriesOf({ name, type }: Metric): readonly string[] {
  if (type !== "histogram") return [name];
  return ["_bucket", "_sum", "_count"].map((suffix) => `${name}${suffix}`);
}

async function served(): Promise<ReadonlySet<string>> {
  const world = await createControllerWorld();
  try {
    const { context } = world;
    const term = { context, epoch: 1, tally: () => emptyTally, problem: () => undefined };
    const election = { isLeader: () => true, holder: "" };
    const own = processMetrics({ election, identity: "me", term }, { engineVersion: "1" });
    const all = [
      ...own,
      ...leaderMetrics(context.caches, emptyTally, { now: new Date(0), timeZone: "UTC" }),
    ];
    return new Set(all.flatMap(seriesOf));
  } finally {
    await world.stop();
  }
}

const files = {
  alerts: () => load(readFileSync("deploy/monitoring/alerts.yaml", "utf8")),
  dashboard: () => JSON.parse(readFileSync("deploy/monitoring/grafana-dashboard.json", "utf8")),
};

describe("deploy/monitoring", () => {
  for (const [name, read] of Object.entries(files)) {
    it(`the ${name} ask for metrics that the server has, and no others`, async () => {
      const known = await served();
      const expressions = expressionsOf(read());
      assert.ok(expressions.length >= 10);
      for (const expression of expressions) {
        const named = metricsIn(expression);
        assert.ok(named.length > 0, expression);
        assert.deepEqual(
          named.filter((metric) => !known.has(metric)),
          [],
          expression,
        );
      }
    });
  }
});
