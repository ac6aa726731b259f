import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { keyOf, Store, type Table, type Version } from "../../../support/api-server/store.ts";
import { SyntheticRange } from "../../../support/api-server/synthetic.ts";

function put(table: Table, name: string, namespace = ""): Version {
  const revision = table.etcd.revision + 1;
  const bytes = Buffer.from(`{"r":${revision}}`);
  const version = { revision, namespace, name, labels: {}, bytes };
  table.put(version);
  return version;
}

function remove(table: Table, name: string, namespace = ""): void {
  const found = table.get(keyOf(namespace, name));
  if (found !== undefined) table.remove({ ...found, revision: table.etcd.revision + 1 });
}

const keys = (table: Table, revision: number, prefix = "", from = ""): string[] =>
  [...table.scan({ prefix, from, revision })].map((v) => keyOf(v.namespace, v.name));

const step = fc.record({
  namespace: fc.constantFrom("a", "a-b", "b"),
  name: fc.constantFrom("p", "q", "r", "s"),
  action: fc.constantFrom("put", "put", "remove"),
});

describe("Store", () => {
  it("Table.scan() shows any past revision as it was, in key order", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new Store([]).table("things");
        const model = new Map<string, number>();
        const past = [{ revision: 1, keys: [] as string[] }];
        for (const { namespace, name, action } of steps) {
          const key = keyOf(namespace, name);
          if (action === "put") model.set(key, put(table, name, namespace).revision);
          else {
            remove(table, name, namespace);
            model.delete(key);
          }
          past.push({ revision: table.etcd.revision, keys: [...model.keys()].sort() });
        }
        for (const { revision, keys: wanted } of past) {
          assert.deepEqual(keys(table, revision), wanted);
          const ofA = wanted.filter((key) => key.startsWith("a/"));
          assert.deepEqual(keys(table, revision, "a/"), ofA);
          const rest = wanted.filter((key) => key >= "a/q");
          assert.equal(table.count({ prefix: "", from: "a/q", revision }), rest.length);
          assert.equal(table.count({ prefix: "a/", from: "", revision }), ofA.length);
        }
      }),
    );
  });

  it("Store.compact() forgets the past and keeps the present", () => {
    const store = new Store([]);
    const table = store.table("things");
    put(table, "a");
    put(table, "b");
    const middle = table.etcd.revision;
    remove(table, "a");
    put(table, "b");
    store.compact(middle);
    assert.deepEqual(keys(table, middle), ["a", "b"]);
    assert.equal(table.etcd.events.length, 2);
    store.compact();
    assert.deepEqual(keys(table, table.etcd.revision), ["b"]);
    assert.deepEqual([table.etcd.events.length, table.etcd.dropped], [0, 4]);
    assert.equal(table.get("a", middle), undefined);
  });

  it("a separate etcd counts revisions by itself", () => {
    const store = new Store(["events"]);
    put(store.table("things"), "a");
    put(store.table("things"), "b");
    put(store.table("events"), "c");
    assert.deepEqual([store.main.revision, store.table("events").etcd.revision], [3, 2]);
  });
});

describe("synthetic objects", () => {
  const filled = (count: number) => {
    const table = new Store([]).table("secrets");
    table.synthetic = new SyntheticRange({
      count,
      sizeBytes: 500,
      firstRevision: 2,
      namespaces: ["a", "b"],
      creationTimestamp: "2026-01-01T00:00:00Z",
      payloadField: "data",
    });
    table.etcd.revision = table.synthetic.lastRevision;
    return table;
  };

  it("are the same whenever they are read, and about as large as asked", () => {
    const [one, two] = [filled(10), filled(10)];
    for (const version of one.scan({ prefix: "", from: "", revision: 99 })) {
      const again = two.get(keyOf(version.namespace, version.name));
      assert.deepEqual(again?.bytes, version.bytes);
      assert.ok(Math.abs(version.bytes.length - 500) < 8, `${version.bytes.length} bytes`);
      const parsed = JSON.parse(version.bytes.toString());
      assert.equal(parsed.metadata.resourceVersion, String(version.revision));
      assert.deepEqual(
        Buffer.from(parsed.data.blob, "base64").toString("base64"),
        parsed.data.blob,
      );
    }
  });

  it("stand in key order with stored ones, give way to them, and are counted", () => {
    const table = filled(4);
    const made = keys(table, 99);
    assert.equal(made.length, 4);
    put(table, "stored", "a");
    put(table, "synthetic-00000001", "a");
    remove(table, "synthetic-00000002", "b");
    const now = table.etcd.revision;
    assert.deepEqual(keys(table, now), [
      "a/stored",
      "a/synthetic-00000000",
      "a/synthetic-00000001",
      "b/synthetic-00000003",
    ]);
    assert.equal(table.count({ prefix: "", from: "", revision: now }), 4);
    assert.equal(table.count({ prefix: "b/", from: "", revision: now }), 1);
    assert.deepEqual(keys(table, 5), made);
    assert.deepEqual(keys(table, 3), made.slice(0, 2));
    assert.equal(table.count({ prefix: "", from: made[1]!, revision: 4 }), 2);
  });
});
