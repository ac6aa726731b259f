import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ClusterState, decode, objectKey } from "../../support/oracle/cluster-state.ts";
import { compareStates } from "../../support/oracle/compare-states.ts";

function stateOf(...texts: string[]): ClusterState {
  return new Map(
    texts.map((text) => {
      const value = decode(text);
      const metadata = value["metadata"] as { name: string; namespace?: string };
      const object = {
        resource: "configmaps",
        namespace: metadata.namespace ?? "",
        name: metadata.name,
        value,
      };
      return [objectKey(object), object];
    }),
  );
}
const before = stateOf(
  '{"metadata":{"name":"a","namespace":"n","uid":"1"},"data":{"x":1.0,"y":[1,2]}}',
);

describe("compareStates()", () => {
  it("finds nothing where only the table's fields differ, and counts them", () => {
    const after = stateOf(
      '{"metadata":{"name":"a","namespace":"n","uid":"2","generation":3},"data":{"x":1.0,"y":[1,2]}}',
    );
    const { differences, compared, left } = compareStates(before, after);
    assert.deepEqual([differences, compared, left.size], [[], 1, 2]);
  });

  const damaged: readonly (readonly [string, string])[] = [
    ["a missing object", '{"metadata":{"name":"b","namespace":"n"}}'],
    [
      "a number with another text",
      '{"metadata":{"name":"a","namespace":"n"},"data":{"x":1,"y":[1,2]}}',
    ],
    ["a lost field", '{"metadata":{"name":"a","namespace":"n"},"data":{"y":[1,2]}}'],
    [
      "a new field",
      '{"metadata":{"name":"a","namespace":"n"},"data":{"x":1.0,"y":[1,2],"z":null}}',
    ],
    ["a shorter list", '{"metadata":{"name":"a","namespace":"n"},"data":{"x":1.0,"y":[1]}}'],
    ["a lost label", '{"metadata":{"name":"a","namespace":"n"},"data":{"x":1.0,"y":[2,1]}}'],
    [
      "a finalizer that came",
      '{"metadata":{"name":"a","namespace":"n","finalizers":["f"]},"data":{"x":1.0,"y":[1,2]}}',
    ],
  ];
  for (const [title, text] of damaged) {
    it(`finds ${title}`, () =>
      assert.notDeepEqual(compareStates(before, stateOf(text)).differences, []));
  }

  it("expects objects where their namespace was mapped to", () => {
    const after = stateOf(
      '{"metadata":{"name":"a","namespace":"m","uid":"2"},"data":{"x":1.0,"y":[1,2]}}',
    );
    assert.deepEqual(
      compareStates(before, after, { namespaceMapping: { n: "m" } }).differences,
      [],
    );
    assert.notDeepEqual(compareStates(before, after).differences, []);
  });

  it("expects the token of a service account to name the namespace where it was mapped to", () => {
    const token = (namespace: string, said: string) =>
      stateOf(
        JSON.stringify({
          metadata: { name: "t", namespace },
          type: "kubernetes.io/service-account-token",
          data: { namespace: Buffer.from(said).toString("base64") },
        }),
      );
    const mapped = { namespaceMapping: { n: "m" } };
    assert.deepEqual(compareStates(token("n", "n"), token("m", "m"), mapped).differences, []);
    assert.match(
      compareStates(token("n", "n"), token("m", "n"), mapped).differences.join(),
      /data\/namespace: "bQ==" became "bg=="/,
    );
    assert.deepEqual(compareStates(token("n", "x"), token("m", "x"), mapped).differences, []);
  });
});

const owned = (owners: string, name = "b"): string =>
  `{"metadata":{"name":"${name}","namespace":"n","uid":"9","ownerReferences":[${owners}]}}`;
const owner = (uid: string): string => `{"kind":"ConfigMap","name":"a","uid":"${uid}"}`;
const ownerOf = (uid: string): string => `{"metadata":{"name":"a","namespace":"n","uid":"${uid}"}}`;

describe("compareStates() of owners", () => {
  const former = stateOf(ownerOf("1"), owned(owner("1")));

  it("expects the uid that the owner has now", () => {
    const after = stateOf(ownerOf("2"), owned(owner("2")));
    assert.deepEqual(compareStates(former, after).differences, []);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ["the uid of old", owned(owner("1"))],
    ["the uid of another object", owned(owner("9"))],
    ["no owner", '{"metadata":{"name":"b","namespace":"n"}}'],
    ["one owner more", owned(`${owner("2")},${owner("3")}`)],
  ];
  for (const [title, text] of wrong) {
    it(`finds ${title}`, () =>
      assert.notDeepEqual(compareStates(former, stateOf(ownerOf("2"), text)).differences, []));
  }

  it("expects an owner that is gone, or is in another namespace, to be dropped", () => {
    const alone = stateOf('{"metadata":{"name":"b","namespace":"n"}}');
    assert.deepEqual(compareStates(former, alone).differences, ["configmaps n/a is missing"]);
    const apart = stateOf('{"metadata":{"name":"a","namespace":"m","uid":"1"}}', owned(owner("1")));
    const there = stateOf(
      ownerOf("1").replace('"n"', '"m"'),
      ...[...alone.values()].map(({ value }) => JSON.stringify(value)),
    );
    assert.deepEqual(compareStates(apart, there).differences, []);
  });
});

describe("compareStates() of who owns which field", () => {
  const entry = (manager: string, fields: string, more = ""): string =>
    `{"manager":"${manager}","operation":"Update","apiVersion":"v1"${more},"fieldsV1":${fields}}`;
  const object = (...entries: string[]): ClusterState =>
    stateOf(
      `{"metadata":{"name":"a","namespace":"n","uid":"1","managedFields":[${entries.join()}]}}`,
    );
  const first = object(entry("ann", '{"f:data":{".":{},"f:x":{}}}'), entry("bob", '{"f:y":{}}'));

  it("finds nothing where only times and order differ", () => {
    const again = object(
      entry("bob", '{"f:y":{}}', ',"time":"2026-01-01T00:00:00Z"'),
      entry("ann", '{"f:data":{".":{},"f:x":{}}}'),
    );
    assert.deepEqual(compareStates(first, again).differences, []);
  });

  it("leaves to an owner of before what nobody owned, and counts it", () => {
    const more = object(
      entry("ann", '{"f:data":{".":{},"f:x":{},"f:default":{}}}'),
      entry("bob", '{"f:y":{}}'),
    );
    const { differences, left } = compareStates(first, more);
    assert.deepEqual(differences, []);
    assert.equal(left.size, 1);
  });

  const wrong: readonly (readonly [string, ClusterState])[] = [
    ["an owner that is gone", object(entry("ann", '{"f:data":{".":{},"f:x":{}}}'))],
    ["no owners at all", object()],
    [
      "another owner of a field",
      object(entry("ann", '{"f:data":{".":{}}}'), entry("bob", '{"f:y":{},"f:data":{"f:x":{}}}')),
    ],
    [
      "an owner that nobody knew",
      object(
        entry("ann", '{"f:data":{".":{},"f:x":{}}}'),
        entry("bob", '{"f:y":{}}'),
        entry("ark-ts", '{"f:z":{}}'),
      ),
    ],
  ];
  for (const [title, state] of wrong) {
    it(`finds ${title}`, () => assert.notDeepEqual(compareStates(first, state).differences, []));
  }
});
