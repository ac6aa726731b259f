import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { diffValues } from "../../../../src/domain/diff/diff-values.ts";
import { equalJson } from "../../../../src/lib/json-equal.ts";
import { type JsonValue, parseJson, stringifyJson } from "../../../../src/lib/json-text.ts";
import { valueText } from "../../../support/arbitrary-json.ts";

const lines = (before: unknown, after: unknown): string[] =>
  diffValues(before as JsonValue, after as JsonValue).map(
    ({ path, change, before: old, after: now }) =>
      [
        change,
        path,
        ...[old, now].map((value) => (value === undefined ? "-" : stringifyJson(value))),
      ].join(" "),
  );

test("members are named by their path, odd keys in quotes", () => {
  assert.deepEqual(
    lines(
      { data: { mode: "blue" }, metadata: { labels: { "a.b/c": "1", plain: "x" } } },
      { data: { mode: "green" }, metadata: { labels: { "a.b/c": "2", plain: "x" } } },
    ),
    ['changed data.mode "blue" "green"', 'changed metadata.labels["a.b/c"] "1" "2"'],
  );
});

test("what is on one side only is one change with its whole value", () => {
  assert.deepEqual(lines({ a: { b: 1 } }, { c: [1] }), ['removed a {"b":1} -', "added c - [1]"]);
});

test("containers are matched by name and ports by number and protocol", () => {
  const web = { name: "web", image: "a:1", ports: [{ containerPort: 80 }] };
  const side = { name: "side", image: "s:1" };
  assert.deepEqual(
    lines(
      { containers: [web] },
      {
        containers: [
          side,
          {
            ...web,
            image: "a:2",
            ports: [
              { containerPort: 80, protocol: "TCP", name: "http" },
              { containerPort: 80, protocol: "UDP" },
            ],
          },
        ],
      },
    ),
    [
      'changed containers[name=web].image "a:1" "a:2"',
      'added containers[name=web].ports[containerPort=80,protocol=TCP].protocol - "TCP"',
      'added containers[name=web].ports[containerPort=80,protocol=TCP].name - "http"',
      'added containers[name=web].ports[containerPort=80,protocol=UDP] - {"containerPort":80,"protocol":"UDP"}',
      'added containers[name=side] - {"name":"side","image":"s:1"}',
    ],
  );
});

test("another order of named elements is told as such", () => {
  const [a, b] = [{ name: "a" }, { name: "b" }];
  assert.deepEqual(lines({ initContainers: [a, b] }, { initContainers: [b, a] }), [
    'reordered initContainers ["name=a","name=b"] ["name=b","name=a"]',
  ]);
});

test("a name that stands twice sends the list to comparison by position", () => {
  assert.deepEqual(
    lines(
      {
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "2" },
        ],
      },
      {
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "3" },
        ],
      },
    ),
    ['changed env[1].value "2" "3"'],
  );
});

test("lists without names go by position, finalizers by value", () => {
  assert.deepEqual(lines({ args: ["a", "b"] }, { args: ["b"] }), [
    'changed args[0] "a" "b"',
    'removed args[1] "b" -',
  ]);
  assert.deepEqual(lines({ finalizers: ["x", "y"] }, { finalizers: ["y", "z"] }), [
    'removed finalizers["x"] "x" -',
    'added finalizers["z"] - "z"',
  ]);
});

test("numbers are compared by value and shown as they are written", () => {
  const parse = (text: string): JsonValue => parseJson(text);
  assert.deepEqual(lines(parse('{"a":1.0}'), parse('{"a":1}')), []);
  assert.deepEqual(lines(parse('{"a":9007199254740993}'), parse('{"a":9007199254740992.0}')), [
    "changed a 9007199254740993 9007199254740992.0",
  ]);
});

const anyList = fc.constantFrom("containers", "env", "ports", "finalizers", "tolerations", "args");
const element = fc.oneof(
  fc.record(
    {
      name: fc.constantFrom("a", "b", "c"),
      containerPort: fc.constantFrom(80, 443),
      protocol: fc.constantFrom("TCP", "UDP", null),
      value: fc.constantFrom("1", "2", ""),
    },
    { requiredKeys: [] },
  ),
  fc.constantFrom("a", "b", null, 1),
);
const listed = fc.tuple(
  anyList,
  fc.array(element, { maxLength: 4 }),
  fc.array(element, { maxLength: 4 }),
);

test("property: there is a change exactly when the two are not equal", () => {
  fc.assert(
    fc.property(valueText, valueText, (a, b) => {
      const [left, right] = [parseJson(a), parseJson(b)];
      assert.equal(diffValues(left, right).length === 0, equalJson(left, right));
      assert.deepEqual(diffValues(left, parseJson(a)), []);
    }),
  );
  fc.assert(
    fc.property(listed, ([list, left, right]) => {
      const [before, after] = [{ [list]: left }, { [list]: right }] as JsonValue[];
      assert.equal(diffValues(before, after).length === 0, equalJson(before, after));
    }),
  );
});

test("property: the way back is the same places, before and after exchanged", () => {
  fc.assert(
    fc.property(listed, ([list, left, right]) => {
      const places = (changes: ReturnType<typeof diffValues>): string[] =>
        changes.map(({ path, before, after }) => JSON.stringify([path, before, after])).sort();
      const [before, after] = [{ [list]: left }, { [list]: right }] as JsonValue[];
      const back = diffValues(after, before).map(({ path, change, before: b, after: a }) => ({
        path,
        change,
        ...(a === undefined ? {} : { before: a }),
        ...(b === undefined ? {} : { after: b }),
      }));
      assert.deepEqual(places(diffValues(before, after)), places(back));
    }),
  );
});
