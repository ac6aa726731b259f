import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { readRawObject } from "../../src/api/read-raw-object.ts";
import { readItemOperations } from "../../src/catalog/read-side-file.ts";
import { verifyBackup } from "../../src/catalog/verify-backup.ts";
import { operationLines } from "../../src/cli/render/describe-operations.ts";
import { renderDescription } from "../../src/cli/render/description.ts";
import type { ItemAction } from "../../src/ports/item-action.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { readEntries } from "../support/take-backup.ts";
import { idle, told } from "./hooks-world.ts";
import { claims, createOperationsWorld, type OperationsWorld } from "./operations-world.ts";

const key = (name: string): string => `backups/b1/b1-${name}`;
const jsonOf = (world: OperationsWorld, name: string) =>
  JSON.parse(gunzipSync(world.store.bytes(key(name))).toString());
const stateOf = (text: string | undefined): string =>
  JSON.parse(text ?? "{}").metadata?.annotations?.state ?? "none";

/** What the backup holds of claims and their copies: `name state`. */
async function stored(world: OperationsWorld): Promise<readonly string[]> {
  const entries = await readEntries(world.store, "b1");
  return [...entries.values()]
    .filter(({ line }) => /^(persistentvolumeclaims|configmaps)$/.test(line.resource))
    .map(({ line, text }) => `${line.name} ${stateOf(text)}`)
    .sort();
}

function seed(world: OperationsWorld): OperationsWorld {
  for (const name of ["a", "b"]) world.seedClaim(name, {});
  for (let i = 0; i < 6; i += 1) world.seedPod(`web-${i}`);
  return world;
}

describe("operations that item actions begin", () => {
  it("are waited for; what they change is stored as it is after them, once", async () => {
    const world = seed(createOperationsWorld({ polls: 3 }));
    const report = await world.copyUp();
    const { status } = report.backup;
    assert.equal(status.phase, "Completed", told(report).join("\n"));
    assert.deepEqual(
      [
        status.backupItemOperationsAttempted,
        status.backupItemOperationsCompleted,
        status.backupItemOperationsFailed,
      ],
      [2, 2, undefined],
    );
    assert.deepEqual(world.begun, ["a", "b"]);
    assert.deepEqual(await stored(world), ["a ends", "b ends", "copy-of-a ends", "copy-of-b ends"]);
    const verified = await verifyBackup(world.store, "b1", { level: "objects", signal: idle });
    assert.deepEqual(verified.damages, []);
    const names = jsonOf(world, "resource-list.json.gz");
    assert.deepEqual(names["v1/PersistentVolumeClaim"], ["shop/a", "shop/b"]);
    assert.deepEqual(names["v1/ConfigMap"], ["shop/copy-of-a", "shop/copy-of-b"]);
    assert.equal(status.progress?.itemsBackedUp, (await readEntries(world.store, "b1")).size);
    const kind = report.manifest?.kinds.find(
      ({ resource }) => resource === "persistentvolumeclaims",
    );
    assert.deepEqual([kind?.count, kind?.oneRevision, kind?.cut], [2, false, undefined]);
    assert.match(kind?.reason ?? "", /read again after operations/);
  });

  it("stand in Velero's file in Velero's form", async () => {
    const world = seed(createOperationsWorld());
    const report = await world.copyUp();
    const [first] = jsonOf(world, "itemoperations.json.gz");
    const read = await readItemOperations(world.store, key("itemoperations.json.gz"), idle);
    const lines = operationLines(report.backup, read, { zone: "UTC" } as never);
    assert.match(
      renderDescription(lines),
      /Operation for persistentvolumeclaims shop\/a:\n +Backup Item Action Plugin: +example.io\/copy\n +Operation ID: +copy-a\n +Items to Update: +configmaps shop\/copy-of-a\n +persistentvolumeclaims shop\/a\n +Phase: +Completed\n +Progress: +7 of 7 complete \(Bytes\)/,
    );
    assert.match(
      renderDescription(operationLines(report.backup, undefined, {} as never)),
      /2 of 2 completed successfully, 0 failed/,
    );
    const { created, ...status } = first.status;
    assert.match(created, /^2026-01-01T00:\d\d:\d\dZ$/);
    assert.deepEqual(first.spec, {
      backupName: "b1",
      backupUID: report.backup.metadata.uid,
      backupItemAction: "example.io/copy",
      resourceIdentifier: {
        Group: "",
        Resource: "persistentvolumeclaims",
        Namespace: "shop",
        Name: "a",
      },
      operationID: "copy-a",
      postOperationItems: [
        { Group: "", Resource: "configmaps", Namespace: "shop", Name: "copy-of-a" },
        { Group: "", Resource: "persistentvolumeclaims", Namespace: "shop", Name: "a" },
      ],
    });
    assert.deepEqual(status, {
      phase: "Completed",
      nCompleted: 7,
      nTotal: 7,
      operationUnits: "Bytes",
      description: "copying",
      started: "2026-01-01T00:00:00Z",
    });
  });

  it("that fail, or do not answer, are errors of their objects", async () => {
    const fates = { a: "fails", b: "unknown" } as const;
    const world = seed(createOperationsWorld({ fate: (claim) => fates[claim as "a" | "b"] }));
    const report = await world.copyUp();
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings
        .filter(({ code }) => code === "ARK_ITEM_OPERATION")
        .map(({ severity, resource, name, message }) => [severity, resource, name, message]),
      [
        [
          "error",
          "persistentvolumeclaims",
          "a",
          "operation copy-a of action example.io/copy on persistentvolumeclaims shop/a failed: disk on fire",
        ],
        [
          "error",
          "persistentvolumeclaims",
          "b",
          "operation copy-b of action example.io/copy on persistentvolumeclaims shop/b failed: its progress is not known: the copier does not answer",
        ],
      ],
    );
    // What they were to change is stored as it is.
    assert.deepEqual(await stored(world), [
      "a fails",
      "b none",
      "copy-of-a fails",
      "copy-of-b running",
    ]);
    assert.equal(report.backup.status.backupItemOperationsFailed, 2);
  });

  it("have the time that the spec gives them, and are then cancelled", async () => {
    const world = seed(
      createOperationsWorld({ fate: (claim) => (claim === "a" ? "never" : "ends") }),
    );
    const report = await world.copyUp({ spec: { itemOperationTimeout: "90s" } });
    assert.deepEqual(world.cancelled, ["a"]);
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.match(told(report).join("\n"), /copy-a .* failed: it did not end within 90s/);
    assert.deepEqual(world.running(), []);
  });

  it("are cancelled with the backup, which is not sealed", async () => {
    const world = seed(createOperationsWorld({ fate: () => "never" }));
    const cancel = new AbortController();
    const { action } = world;
    const operations = {
      ...action.operations!,
      progress: async (...args: Parameters<NonNullable<typeof action.operations>["progress"]>) => {
        cancel.abort(new Error("ctrl-c"));
        return await action.operations!.progress(...args);
      },
    };
    const report = await world.copyUp({
      actions: [{ ...action, operations }],
      signal: cancel.signal,
    });
    assert.equal(report.backup.status.phase, "Failed");
    assert.deepEqual([...world.cancelled].sort(), ["a", "b"]);
    assert.deepEqual(world.running(), []);
    assert.deepEqual(
      world.store.keys().filter((one) => one.startsWith("metadata/")),
      [],
    );
    assert.equal(world.store.keys().includes("backups/b1/velero-backup.json"), false);
  });

  it("whose item was written before: the item stays as it was, which is an error", async () => {
    const world = seed(
      createOperationsWorld({ updates: () => [{ resource: "pods", name: "web-0" }] }),
    );
    const report = await world.copyUp();
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.match(told(report).join("\n"), /pods shop\/web-0 was to be stored anew/);
    assert.ok((await readEntries(world.store, "b1")).has("pods shop/web-0"));
  });

  it("whose item is gone meanwhile: the backup has it as it was", async () => {
    const world = seed(createOperationsWorld());
    const { action } = world;
    const gone: typeof action = {
      ...action,
      operations: {
        ...action.operations!,
        async progress(...args) {
          const told = await action.operations!.progress(...args);
          const ref = { kind: claims, namespace: "shop", name: "a" };
          if (told.completed) await world.cluster.remove(ref, { signal: idle });
          return told;
        },
      },
    };
    const report = await world.copyUp({ actions: [gone] });
    assert.match(told(report).join("\n"), /persistentvolumeclaims shop\/a is gone since/);
    assert.ok((await stored(world)).includes("a none"));
  });

  it("11: an item that an action renames is stored once under its new name, continued or not", async () => {
    const rename: ItemAction = {
      name: "example.io/rename",
      appliesTo: { includedResources: ["pods"] },
      execute({ object }) {
        const text = object.bytes.toString().replaceAll(object.name, `a-${object.name}`);
        return { additionalItems: [], object: readRawObject(Buffer.from(text)) };
      },
    };
    for (let at = 1; at <= 12; at += 1) {
      const world = seed(createOperationsWorld());
      const process = startMortalProcess(world, { at, when: "after" });
      const { cluster, store, died } = process;
      const ran = world.copyUp({ cluster, store, died, actions: [rename] }).catch(() => undefined);
      await Promise.race([died, ran]);
      await world.copyUp({ actions: [rename] }).catch((error: unknown) => {
        if (!world.store.keys().includes("backups/b1/velero-backup.json")) throw error;
      });
      const names = [...(await readEntries(world.store, "b1")).keys()];
      assert.deepEqual(
        names.filter((name) => name.startsWith("pods ")).sort(),
        [0, 1, 2, 3, 4, 5].map((i) => `pods shop/a-web-${i}`),
        `died after write ${at}`,
      );
    }
  });

  it("are none of a plan's, and an action without them may begin none", async () => {
    const world = seed(createOperationsWorld());
    const { operations: _none, ...action } = world.action;
    const report = await world.copyUp({ actions: [action] });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.match(
      told(report).join("\n"),
      /began operation copy-a, and cannot be asked how it ends/,
    );
  });
});
