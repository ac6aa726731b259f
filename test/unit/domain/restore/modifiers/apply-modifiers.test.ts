import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applyModifiers } from "../../../../../src/domain/restore/modifiers/apply-modifiers.ts";
import { parseModifiers } from "../../../../../src/domain/restore/modifiers/parse-modifiers.ts";
import type { JsonObject } from "../../../../../src/lib/json-text.ts";

const settings: JsonObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "shop", labels: { tier: "front" } },
  data: { mode: "blue", size: "3" },
  list: ["a", "b"],
  count: 3,
  none: null,
};

const at = (data: JsonObject): JsonObject => ({ ...settings, ...data });
const rule = (conditions: string, patch: string): string =>
  `- conditions: {groupResource: configmaps${conditions === "" ? "" : `, ${conditions}`}}\n  ${patch}`;
const json = (...operations: string[]): string => `patches: [${operations.join(", ")}]`;
const setMode = json("{operation: replace, path: /data/mode, value: green}");
const green = at({ data: { mode: "green", size: "3" } });

function modify(rules: readonly string[], object = settings, resource = "configmaps") {
  const text = `version: v1\nresourceModifierRules:\n${rules.join("\n")}\n`;
  return applyModifiers(object, resource, parseModifiers(text, "file m.yaml"));
}

describe("conditions of a resource modifier", () => {
  const matching: readonly (readonly [string, string])[] = [
    ["of the kind alone", ""],
    ["with the namespace of the backup", "namespaces: [shop]"],
    ["with a pattern for the namespace", "namespaces: ['sh*', other]"],
    ["with * among the namespaces", "namespaces: [other, '*']"],
    ["with a part of the name", "resourceNameRegex: ett"],
    ["with a name in another case, when asked for", "resourceNameRegex: '(?i)^SETTINGS$'"],
    ["with a label", "labelSelector: {matchLabels: {tier: front}}"],
    [
      "with an expression",
      "labelSelector: {matchExpressions: [{key: tier, operator: In, values: [front, back]}]}",
    ],
    ["with an empty selector", "labelSelector: {}"],
    ["with a value", "matches: [{path: /data/mode, value: blue}]"],
    ["with a value that reads as a number", "matches: [{path: /count, value: '3'}]"],
    ["with text that looks like a number", "matches: [{path: /data/size, value: '\"3\"'}]"],
    ["with an element of a list", "matches: [{path: /list/1, value: b}]"],
    ["with an element counted from the end", "matches: [{path: /list/-1, value: b}]"],
    ["with null for what is not there", "matches: [{path: /data/absent, value: 'null'}]"],
    ["with null for null", "matches: [{path: /none, value: 'null'}]"],
    ["with an object", 'matches: [{path: /data, value: \'{"size":"3","mode":"blue"}\'}]'],
  ];
  for (const [title, conditions] of matching) {
    it(`hold ${title}`, () => {
      const result = modify([rule(conditions, setMode)]);
      assert.deepEqual(result, { object: green, matched: ["rule 1 (configmaps)"], problems: [] });
    });
  }

  const missing: readonly (readonly [string, string])[] = [
    ["in another namespace", "namespaces: [sho]"],
    ["for another name", "resourceNameRegex: ^ett"],
    ["without the label", "labelSelector: {matchLabels: {tier: back}}"],
    ["for another value", "matches: [{path: /data/mode, value: green}]"],
    ["for a number that is text", "matches: [{path: /data/size, value: '3'}]"],
    ["for a value that is not there", "matches: [{path: /data/absent, value: x}]"],
    ["for a path that is not there", "matches: [{path: /spec/absent/x, value: x}]"],
    [
      "when one of two values differs",
      "matches: [{path: /data/mode, value: blue}, {path: /count, value: '4'}]",
    ],
  ];
  for (const [title, conditions] of missing) {
    it(`do not hold ${title}`, () => {
      const result = modify([rule(conditions, setMode)]);
      assert.deepEqual(result, { object: settings, matched: [], problems: [] });
    });
  }

  it("that name a position which a list cannot have are an error of the object, as in Velero", () => {
    const { object, problems } = modify([rule("matches: [{path: /list/7, value: x}]", setMode)]);
    assert.equal(object, settings);
    assert.deepEqual(problems, [
      "rule 1 (configmaps): its condition cannot be asked: test /list/7: the list has no such position",
    ]);
  });

  const patterns: readonly (readonly [string, string, boolean])[] = [
    ["*", "configmaps", true],
    ["*", "deployments.apps", false],
    ["*.apps", "deployments.apps", true],
    ["*.*", "deployments.apps", true],
    ["*.*", "ingresses.networking.k8s.io", false],
    ["**", "ingresses.networking.k8s.io", true],
    ["{pods,deployments.apps}", "deployments.apps", true],
    ["deployments.app?", "deployments.apps", true],
    ["[!d]eployments.apps", "deployments.apps", false],
    ["deployments", "deployments.apps", false],
  ];
  for (const [pattern, resource, expected] of patterns) {
    it(`take ${pattern} ${expected ? "for" : "not for"} ${resource}`, () => {
      const text = `- conditions: {groupResource: '${pattern}'}\n  ${setMode}`;
      assert.equal(modify([text], settings, resource).matched.length, expected ? 1 : 0);
    });
  }

  it("ignore namespaces for what has none", () => {
    const object = { ...settings, metadata: { name: "settings" } };
    assert.equal(modify([rule("namespaces: [other]", setMode)], object).matched.length, 1);
  });

  it("are asked of the object as it was before the first rule", () => {
    const second = rule(
      "matches: [{path: /data/mode, value: blue}]",
      json("{operation: add, path: /data/x, value: new}"),
    );
    const { object } = modify([rule("", setMode), second]);
    assert.deepEqual(object["data"], { mode: "green", size: "3", x: "new" });
  });
});

describe("a JSON patch of a resource modifier", () => {
  const cases: readonly (readonly [string, readonly string[], JsonObject])[] = [
    [
      "adds text",
      ["{operation: add, path: /data/x, value: new}"],
      at({ data: { mode: "blue", size: "3", x: "new" } }),
    ],
    [
      "adds over what is there",
      ["{operation: add, path: /data/mode, value: new}"],
      at({ data: { mode: "new", size: "3" } }),
    ],
    [
      "adds into a list",
      ["{operation: add, path: /list/1, value: x}"],
      at({ list: ["a", "x", "b"] }),
    ],
    [
      "adds behind a list",
      ["{operation: add, path: /list/-, value: x}"],
      at({ list: ["a", "b", "x"] }),
    ],
    ["removes a member", ["{operation: remove, path: /data/size}"], at({ data: { mode: "blue" } })],
    ["removes the last element", ["{operation: remove, path: /list/-1}"], at({ list: ["a"] })],
    ["replaces by a number", ["{operation: replace, path: /count, value: '5'}"], at({ count: 5 })],
    [
      "replaces by a boolean of YAML 1.1",
      ["{operation: replace, path: /count, value: yes}"],
      at({ count: true }),
    ],
    [
      "replaces by text in escaped quotes",
      ["{operation: replace, path: /count, value: '\"5\"'}"],
      at({ count: "5" }),
    ],
    [
      "replaces by null",
      ["{operation: replace, path: /count, value: 'null'}"],
      at({ count: null }),
    ],
    [
      "replaces by an object",
      ["{operation: replace, path: /list, value: '{\"a\":[1]}'}"],
      at({ list: { a: [1] } }),
    ],
    [
      "writes an empty text where no value is given",
      ["{operation: replace, path: /data/mode}"],
      at({ data: { mode: "", size: "3" } }),
    ],
    [
      "copies",
      ["{operation: copy, from: /data/mode, path: /data/x}"],
      at({ data: { mode: "blue", size: "3", x: "blue" } }),
    ],
    [
      "moves",
      ["{operation: move, from: /data/mode, path: /data/x}"],
      at({ data: { size: "3", x: "blue" } }),
    ],
    [
      "reads ~1 and ~0",
      ["{operation: add, path: /data/a~1b~0c, value: new}"],
      at({ data: { mode: "blue", size: "3", "a/b~c": "new" } }),
    ],
    [
      "goes on after a test that holds",
      [
        "{operation: test, path: /data/mode, value: blue}",
        "{operation: replace, path: /count, value: '5'}",
      ],
      at({ count: 5 }),
    ],
    [
      "leaves the object as it is, and says nothing, when a test fails",
      [
        "{operation: replace, path: /count, value: '5'}",
        "{operation: test, path: /data/mode, value: green}",
      ],
      settings,
    ],
  ];
  for (const [title, operations, expected] of cases) {
    it(title, () => {
      const { object, problems } = modify([rule("", json(...operations))]);
      assert.deepEqual(object, expected);
      assert.deepEqual(problems, []);
    });
  }

  const failing: readonly (readonly [string, string, string])[] = [
    [
      "a missing member is replaced",
      "{operation: replace, path: /data/x, value: new}",
      "replace /data/x: there is nothing at that path",
    ],
    [
      "a missing member is removed",
      "{operation: remove, path: /data/x}",
      "remove /data/x: there is nothing at that path",
    ],
    [
      "there is no object to add to",
      "{operation: add, path: /spec/x, value: new}",
      "add /spec/x: there is nothing at that path",
    ],
    [
      "a list is too short",
      "{operation: add, path: /list/3, value: new}",
      "add /list/3: the list has no such position",
    ],
    [
      "the path of a test is missing",
      "{operation: test, path: /spec/x, value: new}",
      "test /spec/x: there is nothing at that path",
    ],
    ["the kind is taken away", "{operation: remove, path: /kind}", "it leaves no kind"],
  ];
  for (const [title, operation, problem] of failing) {
    it(`is an error of the object, which is left as it is, when ${title}`, () => {
      const change = "{operation: replace, path: /count, value: '5'}";
      const { object, problems } = modify([rule("", json(change, operation)), rule("", setMode)]);
      assert.deepEqual(object, green, "the other rule is applied");
      assert.deepEqual(problems, [`rule 1 (configmaps): ${problem}`]);
    });
  }
});

describe("a merge patch of a resource modifier", () => {
  const cases: readonly (readonly [string, string, JsonObject])[] = [
    ["sets and removes", "data: {mode: green, size: null}", at({ data: { mode: "green" } })],
    ["takes JSON", '{"count": 4, "spec": {"a": true}}', at({ count: 4, spec: { a: true } })],
    ["replaces lists", "list: [c]", at({ list: ["c"] })],
    ["replaces an object by text", "data: none", at({ data: "none" })],
    [
      "leaves no null in what is new",
      "spec: {a: null, b: [{c: null, d: 1}]}",
      at({ spec: { b: [{ d: 1 }] } }),
    ],
    [
      "reads numbers and booleans of YAML 1.1",
      "spec: {a: 010, b: off, c: 12:30, d: 1_000}",
      at({ spec: { a: 8, b: false, c: "12:30", d: 1000 } }),
    ],
  ];
  for (const [title, patch, expected] of cases) {
    it(title, () => {
      const { object, problems } = modify([rule("", `mergePatches: [{patchData: '${patch}'}]`)]);
      assert.deepEqual(object, expected);
      assert.deepEqual(problems, []);
    });
  }

  it("are refused that change the namespace, and allowed that say the same", () => {
    const patches = [
      [
        "{metadata: {namespace: other}}",
        json("{operation: replace, path: /metadata/namespace, value: other}"),
      ],
      [
        "{metadata: {namespace: shop}}",
        json("{operation: replace, path: /metadata/namespace, value: shop}"),
      ],
    ] as const;
    for (const [at, [merge, jsonPatch]] of patches.entries()) {
      for (const patch of [`mergePatches: [{patchData: '${merge}'}]`, jsonPatch]) {
        const { object, problems } = modify([rule("", patch)]);
        assert.deepEqual(object, settings);
        if (at === 1) assert.deepEqual(problems, []);
        else
          assert.match(
            problems[0] ?? "",
            /changes the namespace, .*--namespace-mappings shop:other/,
          );
      }
    }
  });

  it("keeps numbers that JavaScript cannot hold", () => {
    const { object } = modify([rule("", "mergePatches: [{patchData: 'count: 9007199254740993'}]")]);
    assert.match(JSON.stringify(object), /"count":9007199254740993/);
  });
});
