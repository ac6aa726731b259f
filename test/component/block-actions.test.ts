import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createItemRelations } from "../../src/backup/hooks/item-relations.ts";
import { previewBackup } from "../../src/backup/preview/preview-backup.ts";
import { createRunLog } from "../../src/catalog/run-log.ts";
import type { ItemBlockAction } from "../../src/ports/item-block-action.ts";
import { silentLog } from "../support/take-backup.ts";
import { createHooksWorld, freezeAndThaw, type HooksWorld, idle, told } from "./hooks-world.ts";

/** As an operator would: its ConfigMap names the pods of one database. */
const database: ItemBlockAction = {
  name: "example.test/database",
  appliesTo: { includedResources: ["configmaps"], labelSelector: "kind=database" },
  async relatedItems({ object }) {
    const { data } = JSON.parse(object.bytes.toString());
    return data.pods.split(",").map((name: string) => ({
      resource: "pods",
      namespace: object.namespace,
      name,
    }));
  },
};

function seed(world: HooksWorld): void {
  for (const name of ["a", "b", "c"]) world.seedPod(name, { annotations: freezeAndThaw });
  const metadata = { name: "db", namespace: "shop", labels: { kind: "database" } };
  world.server.seed({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { pods: "a,c,gone" } });
}

/** How many records of what is owed a backup makes: one for each block. */
async function blocksWith(blockActions: readonly ItemBlockAction[]): Promise<number> {
  const owed: (readonly string[])[] = [];
  const world: HooksWorld = createHooksWorld({ freeze: () => void owed.push(world.owed()) });
  seed(world);
  assert.deepEqual(told(await world.backUp("b1", {}, { blockActions })), []);
  assert.deepEqual(world.owed(), []);
  assert.equal(world.ran.length, 6);
  return new Set(owed.flat()).size;
}

describe("block actions", () => {
  it("have the pods that they relate frozen together, through items of any kind", async () => {
    assert.equal(await blocksWith([database]), 2);
    assert.equal(await blocksWith([]), 3);
  });

  it("that fail are errors that name the item, which is taken all the same", async () => {
    const world = createHooksWorld();
    seed(world);
    const failing: ItemBlockAction = {
      ...database,
      relatedItems: () => Promise.reject(new Error("the operator is away")),
    };
    const report = await world.backUp("b1", {}, { blockActions: [failing] });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_ITEM_ACTION", "db"]],
    );
    assert.match(report.findings[0]?.message ?? "", /configmaps shop\/db: the operator is away/);
    assert.equal(report.objects, (await world.backUp("b2")).objects);
    assert.deepEqual([...world.frozen], []);
  });

  it("are asked for a plan as well", async () => {
    const world = createHooksWorld();
    seed(world);
    const { cluster, clock } = world;
    const ports = { cluster, clock, log: silentLog, blockActions: [database] };
    const { hooks } = await previewBackup(world.request("p"), ports, idle);
    const blocks = new Map(hooks.map(({ pod, block }) => [pod, block]));
    assert.equal(blocks.get("a"), blocks.get("c"));
    assert.notEqual(blocks.get("a"), blocks.get("b"));
  });

  it("see the items that an earlier process has taken as they are now", async () => {
    const world = createHooksWorld();
    seed(world);
    const { cluster, clock } = world;
    const { kinds } = await cluster.discover({ signal: idle });
    const backup = { name: "b1", uid: "u", spec: {}, phase: "InProgress" as const };
    const relations = createItemRelations(kinds, [database], backup, idle);
    const passed: string[] = [];
    const names = relations.watch({
      add: (_, __, { name }) => void passed.push(name),
      finish: async () => Buffer.alloc(0),
    });
    for (const name of ["db", "other"]) names.add("v1", "ConfigMap", { namespace: "shop", name });
    const log = createRunLog(silentLog, clock);
    const relationOf = await relations.relatedPods({ cluster, log }, idle);
    const of = (name: string) => relationOf({ namespace: "shop", name });
    assert.deepEqual(passed, ["db", "other"]);
    assert.notEqual(of("a"), undefined);
    assert.equal(of("a"), of("c"));
    assert.equal(of("b"), undefined);
  });
});
