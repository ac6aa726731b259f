import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { renderMetrics } from "../../../../src/server/metrics/exposition.ts";

describe("renderMetrics()", () => {
  it("writes Prometheus's text form, with what has a meaning there escaped", () => {
    const text = renderMetrics([
      {
        name: "a_total",
        type: "counter",
        help: "Some\nthings.",
        samples: [
          { labels: {}, value: 3 },
          { labels: { schedule: 'a"b\\c\nd', x: "" }, value: 0.5 },
        ],
      },
      { name: "none", type: "gauge", help: "Nothing.", samples: [] },
    ]);
    assert.equal(
      text,
      '# HELP a_total Some\\nthings.\n# TYPE a_total counter\na_total 3\na_total{schedule="a\\"b\\\\c\\nd",x=""} 0.5\n',
    );
  });
});
