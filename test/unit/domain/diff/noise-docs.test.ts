import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { noiseRules, noisyKinds } from "../../../../src/domain/diff/noise.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/diff.md"), "utf8");

test("docs/diff.md names every rule of noise and every kind that is left out", () => {
  for (const { name, what, why, resources } of noiseRules) {
    const kinds = resources.length === 0 ? "all" : resources.join(", ");
    const row = `| ${name} | ${kinds} | ${what} | ${why} |`;
    assert.ok(page.includes(`${row}\n`), row);
  }
  for (const [kind, why] of Object.entries(noisyKinds)) {
    assert.ok(page.includes(`| ${kind} | ${why} |\n`), kind);
  }
});
