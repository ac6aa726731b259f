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
});
