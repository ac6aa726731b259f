import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  archivePath,
  entryPath,
  maxEntryPathBytes,
  parseArchivePath,
  versionedPath,
} from "../../../src/format/archive-path.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const invalid = (error: unknown): boolean => hasCode(error, "ARK_ARCHIVE_INVALID");
/** Whatever the API server takes as a name: no slash, no dot segments. */
const name = fc
  .string({ minLength: 1, maxLength: 60, unit: "grapheme" })
  .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== ".." && text.isWellFormed());
const resource = fc.stringMatching(/^[a-z]{1,20}(\.[a-z0-9-]{1,20}){0,3}$/);
const namespace = fc.oneof(
  fc.constant(""),
  fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/),
);

describe("archivePath() and parseArchivePath()", () => {
  it("put objects where Velero does", () => {
    assert.equal(archivePath("pods", "shop", "a"), "resources/pods/namespaces/shop/a.json");
    assert.equal(
      archivePath("clusterroles.rbac.authorization.k8s.io", "", "system:Node"),
      "resources/clusterroles.rbac.authorization.k8s.io/cluster/system:Node.json",
    );
  });

  it("are each other's inverse for every name", () => {
    fc.assert(
      fc.property(resource, namespace, name, (group, space, object) => {
        const expected = { kind: "item", resource: group, namespace: space, name: object };
        assert.deepEqual(parseArchivePath(archivePath(group, space, object)), expected);
      }),
    );
  });

  it("know the version folders of format 1.1.0", () => {
    assert.deepEqual(
      parseArchivePath("resources/deployments.apps/v1-preferredversion/namespaces/a/b.json"),
      {
        kind: "versioned-item",
        resource: "deployments.apps",
        version: "v1",
        preferred: true,
        namespace: "a",
        name: "b",
      },
    );
    const preferred = { resource: "deployments.apps", version: "v1", preferred: true };
    const path = "resources/deployments.apps/v1-preferredversion/namespaces/a/b.json";
    assert.equal(versionedPath(preferred, "a", "b"), path);
    assert.equal(
      entryPath({ resource: "nodes", name: "n", folder: "v1beta1" }),
      "resources/nodes/v1beta1/cluster/n.json",
    );
    assert.equal(entryPath({ resource: "nodes", name: "n" }), "resources/nodes/cluster/n.json");
    assert.throws(
      () => versionedPath({ ...preferred, version: ".." }, "a", "b"),
      (error) => hasCode(error, "ARK_ARCHIVE_INVALID"),
    );
    const other = parseArchivePath("resources/nodes/v1beta1/cluster/n.json");
    assert.ok(other.kind === "versioned-item" && !other.preferred && other.version === "v1beta1");
  });

  it("take namespaces and objects called cluster, namespaces or v1 for what they are", () => {
    for (const space of ["cluster", "namespaces", "v1"]) {
      const parsed = parseArchivePath(archivePath("pods", space, "cluster"));
      assert.deepEqual(parsed, {
        kind: "item",
        resource: "pods",
        namespace: space,
        name: "cluster",
      });
    }
  });

  it("pass over what they do not know", () => {
    const unknown = [
      "notes.txt",
      "resources/pods",
      "resources/pods/a.json",
      "resources/pods/cluster/a.yaml",
      "resources/pods/cluster/.json",
      "resources/pods/a/b/c/d/e.json",
      "metadata/other",
    ];
    for (const path of unknown) assert.deepEqual(parseArchivePath(path), { kind: "other" }, path);
    assert.deepEqual(parseArchivePath("metadata/version"), { kind: "version" });
    assert.deepEqual(parseArchivePath("./metadata/version"), { kind: "version" });
  });

  it("refuse paths that climb, are absolute, empty, over-long, or hold a NUL", () => {
    const hostile = [
      "",
      "/",
      "/etc/passwd",
      "..",
      "../a",
      "resources/../a",
      "resources/pods/cluster/../a.json",
      "resources/./a",
      "././a",
      "a//b",
      "a/",
      "a\0b",
      "x".repeat(maxEntryPathBytes + 1),
    ];
    for (const path of hostile) assert.throws(() => parseArchivePath(path), invalid, path);
    for (const bad of ["", ".", "..", "a/b", "a\0", "x".repeat(maxEntryPathBytes)]) {
      assert.throws(() => archivePath("pods", "shop", bad), invalid, bad);
      assert.throws(() => archivePath(bad, "", "x"), invalid, bad);
    }
    for (const bad of [".", "..", "a/b"]) {
      assert.throws(() => archivePath("pods", bad, "x"), invalid, bad);
    }
  });

  it("never answer a name that is a path", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            "resources",
            "pods",
            "cluster",
            "namespaces",
            "..",
            ".",
            "",
            "a.json",
            "...json",
            "..json",
            "v1",
            "\0",
          ),
          { maxLength: 7 },
        ),
        (segments) => {
          try {
            const parsed = parseArchivePath(segments.join("/"));
            if (!("name" in parsed)) return;
            for (const text of [parsed.name, parsed.namespace, parsed.resource]) {
              assert.ok(!["..", "."].includes(text) && !/[/\0]/.test(text));
            }
          } catch (thrown) {
            assert.ok(invalid(thrown));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
