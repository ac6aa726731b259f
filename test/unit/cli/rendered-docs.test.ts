import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { renderedFiles } from "../../render-docs.ts";

const files = renderedFiles();
const remedy = "run: sh test/bootstrap.sh test/render-docs.ts";

describe("what is rendered from code", () => {
  for (const [path, text] of files) {
    it(`${path} is what the code says`, () => {
      assert.ok(existsSync(path), `${path} is missing; ${remedy}`);
      assert.equal(readFileSync(path, "utf8"), text, remedy);
    });
  }

  it("test/golden/help and deploy hold nothing of a command or kind that is gone", () => {
    const rendered = "{test/golden/help/*,deploy/{crds,kustomize}/*,deploy/helm/**/*.yaml}";
    assert.deepEqual(
      globSync(rendered).filter((path) => !files.has(path)),
      [],
    );
  });

  it("help fits 100 columns and has no escape codes", () => {
    for (const [path, text] of files) {
      if (!path.startsWith("test/golden/help/")) continue;
      const long = text
        .split("\n")
        .filter((line) => line.length > 100 && !line.startsWith("  ark-ts"));
      assert.deepEqual(long, [], path);
      assert.ok(!text.includes("\x1b"), path);
    }
  });
});
