import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Ark, createArk } from "../support/ark.ts";

/** A line, and what its one sentence must name. */
const wrong: readonly (readonly [string, RegExp])[] = [
  ["bakup get", /did you mean ark-ts backup\?/],
  ["backup get --outptu json", /did you mean --output\?/],
  ["backup create a --ttl 30d", /write 720h/],
  ["backup get -n velero --mode standalone", /--include-namespaces/],
  ["schedule create x", /--schedule is missing/],
  ["repo get", /not in this version yet/],
];

describe("ark-ts refuses a wrong line", () => {
  let ark: Ark;
  before(() => {
    ark = createArk("/nonexistent/kubeconfig");
  });
  after(() => ark.remove());

  for (const [line, pattern] of wrong) {
    it(`ark-ts ${line}: exit status 2, what is wrong, and nothing on stdout`, async () => {
      const { status, stdout, stderr } = await ark.run(...line.split(" "));
      assert.equal(status, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, pattern);
      const sentences = stderr.split("\n").filter((text) => text.startsWith("ark-ts: "));
      assert.equal(sentences.length, 1, stderr);
      assert.doesNotMatch(stderr, /\x1b|\n\s+at /);
    });
  }
});
