/** Against Velero 1.18.3: pkg/itemoperation/backup_operation.go, shared.go, pkg/plugin/velero/shared.go. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { ItemOperation } from "../../../src/api/item-operation.ts";
import { decodeItemOperations, encodeItemOperations } from "../../../src/format/item-operations.ts";

const backup = { name: "b1", uid: "11111111-1111-4111-8111-111111111111" };
const operation: ItemOperation = {
  action: "example.io/copy",
  item: { resource: "volumesnapshots.snapshot.storage.k8s.io", namespace: "shop", name: "v" },
  operationId: "copy-v",
  itemsToUpdate: [{ resource: "persistentvolumes", namespace: "", name: "pv" }],
  tooLate: [{ resource: "configmaps", namespace: "shop", name: "late" }],
  phase: "Failed",
  error: "disk on fire",
  unitsCompleted: 3,
  unitsTotal: 7,
  units: "Bytes",
  description: "copying",
  createdAt: "2026-01-01T00:00:00.123Z",
  startedAt: "2026-01-01T00:00:01Z",
  updatedAt: "2026-01-01T00:00:02.5Z",
};
const untold: ItemOperation = {
  ...{ action: "a", item: operation.item, operationId: "", itemsToUpdate: [], tooLate: [] },
  ...{ phase: "New", error: "", unitsCompleted: 0, unitsTotal: 0, units: "", description: "" },
  createdAt: "2026-01-01T00:00:00Z",
};

type Json = Readonly<Record<string, unknown>>;
const encoded = async (operations: readonly ItemOperation[]): Promise<readonly Json[]> =>
  JSON.parse(gunzipSync(await encodeItemOperations(backup, operations)).toString());
const decoded = (value: unknown) =>
  decodeItemOperations(gzipSync(JSON.stringify(value)), "b1-itemoperations.json.gz");

/** By the json tags of the Go types; an embedded GroupResource has none, and so its Go names. */
const specFields = [
  ...["backupName", "backupUID", "backupItemAction", "resourceIdentifier"],
  ...["operationID", "postOperationItems"],
];
const statusFields = [
  ...["phase", "error", "nCompleted", "nTotal", "operationUnits", "description"],
  ...["created", "started", "updated"],
];
const identifierFields = ["Group", "Resource", "Namespace", "Name"];

describe("operations in Velero's file", () => {
  it("have the fields of Velero's types, all of them and no other", async () => {
    const [full] = (await encoded([operation])) as readonly [{ spec: Json; status: Json }];
    assert.deepEqual(Object.keys(full), ["spec", "status"]);
    assert.deepEqual(Object.keys(full.spec), specFields);
    assert.deepEqual(Object.keys(full.status), statusFields);
    assert.deepEqual(Object.keys(full.spec["resourceIdentifier"] as Json), identifierFields);
    assert.deepEqual(full.spec["resourceIdentifier"], {
      Group: "snapshot.storage.k8s.io",
      Resource: "volumesnapshots",
      Namespace: "shop",
      Name: "v",
    });
    assert.deepEqual(full.spec["postOperationItems"], [
      { Group: "", Resource: "persistentvolumes", Namespace: "", Name: "pv" },
      { Group: "", Resource: "configmaps", Namespace: "shop", Name: "late" },
    ]);
  });

  it("have times as metav1.Time has them, in whole seconds", async () => {
    const [full] = (await encoded([operation])) as readonly [{ status: Json }];
    const { created, started, updated } = full.status;
    assert.deepEqual(
      [created, started, updated],
      ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"],
    );
  });

  it("leave out what Velero's omitempty leaves out, and nothing of the spec", async () => {
    const [bare] = (await encoded([untold])) as readonly [{ spec: Json; status: Json }];
    assert.deepEqual(Object.keys(bare.spec), specFields);
    assert.deepEqual(bare.status, { phase: "New", created: "2026-01-01T00:00:00Z" });
  });

  it("are read again as they were, but for what Velero has no place for", async () => {
    const all = await decodeItemOperations(
      await encodeItemOperations(backup, [operation, untold]),
      "b1-itemoperations.json.gz",
    );
    const whole = { createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:02Z" };
    const items = [...operation.itemsToUpdate, ...operation.tooLate];
    assert.deepEqual(all, [{ ...operation, ...whole, itemsToUpdate: items, tooLate: [] }, untold]);
  });

  it("are read as Go writes nil: null for a list and for times", async () => {
    const [read] = await decoded([
      {
        spec: {
          backupName: "b1",
          backupUID: "u",
          backupItemAction: "velero.io/csi-volumesnapshot-backupper",
          resourceIdentifier: { Group: "", Resource: "pods", Namespace: "n", Name: "p" },
          operationID: "x",
          postOperationItems: null,
        },
        status: { phase: "InProgress", created: "2026-01-01T00:00:00Z", started: null },
      },
    ]);
    assert.deepEqual(
      [read?.itemsToUpdate, read?.startedAt, read?.phase],
      [[], undefined, "InProgress"],
    );
  });

  it("of a phase that Velero does not have are refused", async () => {
    const spec = { resourceIdentifier: { Resource: "pods", Name: "p" } };
    await assert.rejects(decoded([{ spec, status: { phase: "Paused" } }]), {
      code: "ARK_BACKUP_FORMAT",
    });
  });
});
