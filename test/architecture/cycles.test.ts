import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { importsOf } from "./imports-of.ts";

const files = globSync("{src,plugins,cmd}/**/*.ts").sort();

/** A path of files, each importing the next, that comes back to its first; type-only imports count. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("imports", () => {
  it("make no circle, type-only ones included", () => {
    const graph = new Map(
      files.map((file) => [
        file,
        importsOf(readFileSync(file, "utf8"))
          .filter((target) => target.startsWith("."))
          .map((target) => posix.join(posix.dirname(file), target)),
      ]),
    );
    assert.equal(findCycle(graph)?.join(" -> "), undefined);
  });

  it("findCycle() finds a circle that is there", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", []],
      ["d", ["b"]],
    ]);
    assert.deepEqual(findCycle(graph), ["b", "d", "b"]);
  });
});
