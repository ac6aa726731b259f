import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { diffLines, judge } from "../../support/velero-script/compare-lines.ts";
import { listedDifferences } from "../../support/velero-script/listed-differences.ts";
import { normalise } from "../../support/velero-script/normalise.ts";
import { commandRows, differenceRows, summary } from "../../support/velero-script/render-tables.ts";
import { script } from "../../support/velero-script/script.ts";

describe("the script of velero commands", () => {
  it("stands in docs/compatibility.md as it is: numbers, commands, differences with their reasons", () => {
    const docs = readFileSync("docs/compatibility.md", "utf8");
    const part =
      docs.split("### The same commands\n")[1]?.split("\n## ")[0]?.split("\n### ")[0] ?? "";
    assert.ok(part.includes(summary()), summary());
    const rows = part.split("\n").filter((line) => line.startsWith("| "));
    const expected = [...commandRows(), ...differenceRows()];
    assert.deepEqual(
      rows.filter((row) => !/^\| (?:Command|What) \|/.test(row)),
      expected,
    );
  });

  it("lists differences of its own commands only", () => {
    const ids = new Set(script.map(({ id }) => id));
    assert.equal(ids.size, script.length);
    const unknown = listedDifferences.flatMap(({ commands }) =>
      commands.filter((id) => !ids.has(id)),
    );
    assert.deepEqual(unknown, []);
  });

  it("finds the lines that only one has", () => {
    assert.deepEqual(diffLines(["a", "b", "c"], ["a", "x", "c", "d"]), {
      velero: ["b"],
      ark: ["x", "d"],
    });
    assert.deepEqual(diffLines(["a"], ["a"]), { velero: [], ark: [] });
  });

  it("is not satisfied with a difference that is not listed, nor with one that no longer occurs", () => {
    const { wrong } = judge(new Map([["version", { velero: ["moon"], ark: [] }]]));
    assert.ok(wrong.some((one) => one.startsWith("version: not listed: only Velero prints: moon")));
    assert.ok(wrong.some((one) => one.startsWith('"Plugins" no longer occurs in: plugin get')));
    const elsewhere = judge(
      new Map([["backup get", { velero: [], ark: ["ark-ts.dev/directory ObjectStore"] }]]),
    );
    assert.ok(elsewhere.wrong.includes('"Plugins" is not listed for: backup get'));
  });

  it("takes out what two servers cannot say alike, and keeps the rest", () => {
    const uid = "0e984725-c51c-4bf4-9960-e1c80e27aba0";
    const stdout = `{"metadata":{"uid":"${uid}","managedFields":[{}],"name":"b"},"kind":"Backup"}`;
    assert.deepEqual(
      normalise({ status: 3, stdout, stderr: "at 2026-01-02T03:04:05Z\n" }, new Map()),
      [
        "exit 3",
        'kind: "Backup"',
        'metadata.name: "b"',
        'metadata.uid: "<uid>"',
        "on stderr:",
        "at <time>",
      ],
    );
    assert.deepEqual(
      normalise(
        { status: 0, stdout: "NAME  AGE\nb1-20260102030405   29d  \n....\n", stderr: "" },
        new Map([["b1", "<b>"]]),
      ),
      ["exit 0", "NAME AGE", "<b>-<stamp> <age>"],
    );
  });
});
