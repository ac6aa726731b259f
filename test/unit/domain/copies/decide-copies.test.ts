import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupKind } from "../../../../src/api/backup.ts";
import { backupStorageLocationKind } from "../../../../src/api/backup-storage-location.ts";
import { restoreKind } from "../../../../src/api/restore.ts";
import { scheduleKind } from "../../../../src/api/schedule.ts";
import { decideCopies } from "../../../../src/domain/copies/decide-copies.ts";
import {
  type Copyable,
  copiedObject,
  copyName,
  isToBeCopied,
  type ResourceCopy,
  readConfigMap,
  toConfigMap,
} from "../../../../src/domain/copies/resource-copy.ts";

const schedule = (name: string, spec: object = {}, metadata: object = {}): Copyable => ({
  apiVersion: "velero.io/v1",
  kind: "Schedule",
  metadata: { name, namespace: "ark-ts", uid: `uid-${name}`, resourceVersion: "1", ...metadata },
  spec,
});

const copyOf = (
  object: Copyable,
  definitionUid: string,
  clusterId: string | undefined = "here",
): ResourceCopy => ({
  name: copyName("schedules", object.metadata.name),
  uid: object.metadata.uid ?? "",
  definitionUid,
  clusterId,
  object: copiedObject(object),
});

const byName = <T>(list: readonly T[], name: (one: T) => string) =>
  new Map(list.map((one) => [name(one), one] as const));

function decide(live: readonly Copyable[], copies: readonly ResourceCopy[], definitionUid: string) {
  const { write, drop, recreate } = decideCopies(
    scheduleKind,
    byName(live, ({ metadata }) => metadata.name),
    byName(copies, ({ object }) => object.metadata.name),
    { definitionUid, clusterId: "here" },
  );
  const named = (list: readonly ResourceCopy[]) => list.map(({ object }) => object.metadata.name);
  return {
    write: write.map(({ metadata }) => metadata.name),
    drop: named(drop),
    recreate: named(recreate),
  };
}

describe("decideCopies()", () => {
  it("writes what has no copy, another one, or one of an earlier object or definition", () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => schedule(name)) as [
      Copyable,
      Copyable,
      Copyable,
      Copyable,
    ];
    const copies = [
      copyOf(a, "d1"),
      copyOf(schedule("b", { paused: true }), "d1"),
      copyOf(schedule("c", {}, { uid: "earlier" }), "d1"),
      copyOf(d, "d0"),
    ];
    assert.deepEqual(decide([a, b, c, d, schedule("e")], copies, "d1"), {
      write: ["b", "c", "d", "e"],
      drop: [],
      recreate: [],
    });
  });

  it("drops the copy of what its user deleted, and makes again what went with its definition", () => {
    const copies = [copyOf(schedule("deleted"), "d1"), copyOf(schedule("lost"), "d0")];
    assert.deepEqual(decide([], copies, "d1"), {
      write: [],
      drop: ["deleted"],
      recreate: ["lost"],
    });
  });

  it("never makes again what stood in another cluster, or nobody knows where", () => {
    const another = copyOf(schedule("restored"), "d0", "there");
    const { clusterId: _, ...unsaid } = copyOf(schedule("unsaid"), "d0");
    const held = copyOf(schedule("held"), "d1", "there");
    const copies = [another, { ...unsaid, clusterId: undefined }, held];
    assert.deepEqual(decide([schedule("held")], copies, "d1"), {
      write: ["held"],
      drop: ["restored", "unsaid"],
      recreate: [],
    });
  });
});

describe("A copy", () => {
  it("is kept of Backups and Restores until they have ended, and of nothing on its way out", () => {
    const at = (phase: string | undefined, metadata: object = {}): Copyable => ({
      ...schedule("a", {}, metadata),
      ...(phase !== undefined && { status: { phase } }),
    });
    assert.ok(isToBeCopied(backupKind, at(undefined)));
    assert.ok(isToBeCopied(backupKind, at("Finalizing")));
    for (const phase of ["Completed", "Failed", "FailedValidation", "Deleting"]) {
      assert.ok(!isToBeCopied(backupKind, at(phase)), phase);
    }
    assert.ok(isToBeCopied(restoreKind, at("InProgress")));
    assert.ok(!isToBeCopied(restoreKind, at("PartiallyFailed")));
    assert.ok(isToBeCopied(scheduleKind, at("FailedValidation")));
    assert.ok(
      !isToBeCopied(scheduleKind, at(undefined, { deletionTimestamp: "2026-01-01T00:00:00Z" })),
    );
  });

  it("is read back as it was written, and any other ConfigMap is none", () => {
    const object = schedule("a", { schedule: "@daily" });
    const made = toConfigMap(scheduleKind, object, { definitionUid: "d1", clusterId: "here" });
    assert.ok("configMap" in made);
    assert.deepEqual(readConfigMap(made.configMap, scheduleKind), copyOf(object, "d1"));
    assert.equal(readConfigMap(made.configMap, backupKind), undefined);
    const { data: _, ...rest } = made.configMap as { data: unknown };
    assert.equal(readConfigMap(rest, scheduleKind), undefined);
    assert.equal(readConfigMap({ ...rest, data: { "object.json": "{" } }, scheduleKind), undefined);
  });

  it("is refused where it would hold a credential or be too large", () => {
    const problem = (spec: object) => {
      const made = toConfigMap(
        backupStorageLocationKind,
        { ...schedule("a"), spec },
        {
          ...{ definitionUid: "d1", clusterId: "here" },
        },
      );
      return "problem" in made ? made.problem : undefined;
    };
    for (const key of ["clientSecret", "secret", "apiKey", "credential", "connectionString"]) {
      assert.match(problem({ config: { [key]: "x" } }) ?? "", /looks like a credential/, key);
    }
    assert.equal(problem({ config: { kmsKeyId: "x", credentialsFile: "/c" } }), undefined);
    assert.match(
      problem({ config: { secretAccessKey: "x" } }) ?? "",
      /spec\.config\.secretAccessKey/,
    );
    assert.match(problem({ config: { s3Url: "https://me:x@host" } }) ?? "", /spec\.config\.s3Url/);
    assert.equal(problem({ config: { region: "minio", kmsKeyId: "alias/a" } }), undefined);
    assert.match(problem({ prefix: "x".repeat(1024 * 1024) }) ?? "", /900 KiB/);
  });

  it("has a name of its own, however long that of the object is", () => {
    const [a, b] = ["a", "b"].map((last) => copyName("schedules", `${"x".repeat(250)}${last}`));
    assert.notEqual(a, b);
    assert.ok((a?.length ?? 0) <= 253);
    assert.equal(copyName("schedules", "daily"), "ark-ts-copy-schedules-daily");
  });
});
