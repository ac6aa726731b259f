import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseModifiers } from "../../../../../src/domain/restore/modifiers/parse-modifiers.ts";

const json = (operation: string): string => `patches: [${operation}]`;
const setMode = json("{operation: replace, path: /data/mode, value: green}");

function parseRule(conditions: string, patch: string) {
  const kind = conditions === "" ? "" : `, ${conditions}`;
  const rule = `- conditions: {groupResource: configmaps${kind}}\n  ${patch}`;
  return parseModifiers(`version: v1\nresourceModifierRules:\n${rule}\n`, "file m.yaml");
}

describe("parseModifiers()", () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      "an unknown version",
      "version: v2\nresourceModifierRules: []",
      /version is "v2", and must be v1; resourceModifierRules has no rule/,
    ],
    [
      "an unknown field",
      "version: v1\nresourceModifierRule: []",
      /resourceModifierRule is not a known field/,
    ],
    [
      "an unknown field without a value",
      "version: v1\nresourceModifierRule:\nresourceModifierRules: [{conditions: {groupResource: a}}]",
      /resourceModifierRule is not a known field/,
    ],
    [
      "an unknown field of a rule",
      "version: v1\nresourceModifierRules: [{conditions: {groupResource: a, kind: b}}]",
      /resourceModifierRules\[0\]\.conditions\.kind is not a known field/,
    ],
    ["text that is no YAML", "version: [", /is not YAML of one document/],
    [
      "a rule without a kind",
      "version: v1\nresourceModifierRules: [{conditions: {}, patches: [{operation: remove, path: /a}]}]",
      /resourceModifierRules\[0\]\.conditions\.groupResource is missing/,
    ],
    [
      "a rule without a patch",
      "version: v1\nresourceModifierRules: [{conditions: {groupResource: a}}]",
      /has none of patches/,
    ],
    [
      "a rule with two sorts of patches",
      "version: v1\nresourceModifierRules: [{conditions: {groupResource: a}, patches: [{operation: remove, path: /a}], mergePatches: [{patchData: 'a: 1'}]}]",
      /has more than one of patches/,
    ],
  ];
  for (const [title, text, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseModifiers(text, "file m.yaml"), {
        code: "ARK_MODIFIER_INVALID",
        message,
      });
    });
  }

  const refusedRules: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "an operation in capitals",
      "",
      json("{operation: Replace, path: /a}"),
      /patches\[0\] has the operation "Replace", which is not known: write replace/,
    ],
    [
      "a path that does not begin with /",
      "",
      json("{operation: remove, path: a}"),
      /has the path "a", which must begin with \//,
    ],
    ["a move without from", "", json("{operation: move, path: /a}"), /is a move, and needs from/],
    [
      "a value that counts as a number and is none",
      "",
      json("{operation: add, path: /a, value: '05'}"),
      /has the value "05", which is not valid as JSON/,
    ],
    [
      "a value with a quote in it",
      "",
      json("{operation: add, path: /a, value: 'say \"a\" now'}"),
      /not valid as JSON/,
    ],
    ["a pattern that is none", "", "", /none of/],
    [
      "a regular expression that is none",
      "resourceNameRegex: '('",
      setMode,
      /resourceNameRegex is no regular expression/,
    ],
    [
      "a lookahead, which Go does not know",
      "resourceNameRegex: '(?=a)'",
      setMode,
      /resourceNameRegex has "\(\?="/,
    ],
    [
      "a selector that the API server would not take",
      "labelSelector: {matchExpressions: [{key: a, operator: In}]}",
      setMode,
      /labelSelector has In of "a" without values/,
    ],
    [
      "a merge patch that is no mapping",
      "",
      "mergePatches: [{patchData: 'a'}]",
      /mergePatches\[0\]\.patchData is no mapping/,
    ],
    [
      "a merge patch that is no YAML",
      "",
      "mergePatches: [{patchData: 'a: b:'}]",
      /mergePatches\[0\]\.patchData is not YAML/,
    ],
  ];
  for (const [title, conditions, patch, message] of refusedRules) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parseRule(conditions, patch === "" ? "patches: []" : patch), {
        code: "ARK_MODIFIER_INVALID",
        message,
      });
    });
  }

  it("takes JSON, the version in any case and more than one rule", () => {
    const text = JSON.stringify({
      version: "V1",
      resourceModifierRules: [
        { conditions: { groupResource: "a" }, patches: [{ operation: "remove", path: "/x" }] },
        { conditions: { groupResource: "b.c" }, mergePatches: [{ patchData: "{}" }] },
      ],
    });
    const { rules, sha256, where } = parseModifiers(text, "ConfigMap velero/fix");
    assert.deepEqual(
      rules.map(({ title }) => title),
      ["rule 1 (a)", "rule 2 (b.c)"],
    );
    assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.equal(where, "ConfigMap velero/fix");
  });
});
