import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Change, createObjectCache, type Kept } from "../../../src/runtime/object-cache.ts";

const kept = (value: string, resourceVersion = value): Kept<string> => ({ value, resourceVersion });

const setUp = () => {
  const errors: unknown[] = [];
  const cache = createObjectCache<string>((error) => errors.push(error));
  const changes: string[] = [];
  const note = ({ key, before, after }: Change<string>) => {
    changes.push(`${key}: ${before} > ${after}`);
    assert.equal(cache.get(key), after, "the cache holds the change before it is told");
  };
  return { cache, changes, note, errors };
};

describe("createObjectCache()", () => {
  it("tells each change once it holds it, and nothing of what stays the same", () => {
    const { cache, changes, note } = setUp();
    cache.onChange(note);
    cache.put("a/x", kept("1"));
    cache.put("a/x", kept("1"));
    cache.put("a/x", kept("2"));
    cache.put("a/x", undefined);
    cache.put("a/x", undefined);
    assert.deepEqual(changes, ["a/x: undefined > 1", "a/x: 1 > 2", "a/x: 2 > undefined"]);
    assert.equal(cache.size, 0);
  });

  it("replaced as a whole, tells what came, changed and went, and keeps the rest", () => {
    const { cache, changes, note } = setUp();
    for (const key of ["same", "other", "gone"]) cache.put(key, kept("1"));
    cache.onChange(note);
    changes.length = 0;
    cache.replace(
      new Map([
        ["same", kept("1")],
        ["other", kept("2")],
        ["new", kept("3")],
      ]),
    );
    assert.deepEqual(changes, ["gone: 1 > undefined", "other: 1 > 2", "new: undefined > 3"]);
    assert.deepEqual([...cache.entries()].sort(), [
      ["new", "3"],
      ["other", "2"],
      ["same", "1"],
    ]);
  });

  it("tells who comes later what is there already", () => {
    const { cache, changes, note } = setUp();
    cache.put("a", kept("1"));
    cache.onChange(note);
    assert.deepEqual(changes, ["a: undefined > 1"]);
  });

  it("goes on when a handler throws, and reports it", () => {
    const { cache, changes, note, errors } = setUp();
    const broken = new Error("broken");
    cache.onChange(() => {
      throw broken;
    });
    cache.onChange(note);
    cache.put("a", kept("1"));
    assert.deepEqual(errors, [broken]);
    assert.deepEqual(changes, ["a: undefined > 1"]);
  });
});
