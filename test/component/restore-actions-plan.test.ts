import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../src/api/labels.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import { renderRestorePlan } from "../../src/cli/render/restore-plan.ts";
import type { PlannedItem } from "../../src/domain/restore/planned-item.ts";
import type { ArkError } from "../../src/lib/errors.ts";
import type { RestoreItemAction } from "../../src/ports/restore-item-action.ts";
import { createExpectations } from "../../src/restore/plan/plan-expectation.ts";
import { previewRestore } from "../../src/restore/plan/preview-restore.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import { actionOn, annotated, configMapRef, nameOf } from "./restore-actions-world.ts";
import {
  createRestoreWorld,
  namespaceNamed,
  type Plain,
  plain,
  type RestoreWorld,
} from "./restore-world.ts";

const idle = new AbortController().signal;
const same = (text: string): string => text;
const plainPainter = { bold: same, dim: same, good: same, warn: same, bad: same };
const pure = { isPure: true } as const;
const configMap = (place: string, metadata: object = {}): Plain =>
  plain("v1", "ConfigMap", place, { data: { key: "value" }, metadata });

interface ActingWorld extends RestoreWorld {
  readonly actions: readonly RestoreItemAction[];
}

async function worldOf(
  objects: readonly Plain[],
  ...actions: readonly RestoreItemAction[]
): Promise<ActingWorld> {
  const world = createRestoreWorld({ actions });
  await world.backUp([namespaceNamed("shop"), ...objects]);
  return { ...world, actions };
}

async function planOf(
  { cluster, store, clock, actions }: ActingWorld,
  spec: RestoreSpec = {},
  notes: Readonly<Record<string, string>> = {},
) {
  const items: PlannedItem[] = [];
  const header = await previewRestore(
    {
      ...{ name: "p", isNameGiven: true, typed: true, owner: { host: "t", bootId: "b", pid: 1 } },
      spec: { backupName: "b1", ...spec },
      annotations: notes,
    },
    { cluster, store, clock, log: { write: () => {} }, actions },
    {
      dryRun: "server",
      engineVersion: "test",
      onLine: (line) => void items.push(JSON.parse(line)),
    },
    idle,
  );
  const table = createExpectations();
  for (const item of items) table.add(item);
  const of = (place: string): PlannedItem => {
    const found = items.find(
      ({ kind, namespace = "", name }) => `${kind} ${namespace}/${name}` === place,
    );
    assert.ok(found !== undefined, `the plan has no ${place}`);
    return found;
  };
  const text = renderRestorePlan(header, items, {
    ...style,
    changed: new Map(),
    volumes: new Map(),
  });
  return { header, items, of, text, planned: table.finish(header, false) };
}

const style = { painter: plainPainter, details: true };

const told = ({ findings }: RestoreReport): string =>
  findings.map(({ severity, message }) => `${severity}: ${message}`).join("\n");

const writes = ({ seen }: RestoreWorld): number =>
  seen.filter(({ method }) => method !== "GET").length;

describe("a plan of a restore with item actions", () => {
  it("asks those that only compute, says what each would do, and the run then does it", async () => {
    const action = actionOn(
      "configmaps",
      (given) => {
        if (nameOf(given) === "out") return { skipRestore: true };
        if (nameOf(given) === "same") return {};
        return {
          item: annotated(given.item, { touched: "yes" }),
          additionalItems: [configMapRef("z"), configMapRef("gone")],
        };
      },
      pure,
    );
    const label = { labels: { app: "x" } };
    const names = ["changed", "out", "same"];
    const objects = names.map((name) => configMap(`shop/${name}`, label));
    const world = await worldOf([...objects, configMap("shop/z")], action);
    const spec = { labelSelector: { matchLabels: { app: "x" } } };
    const { of, header, text, planned } = await planOf(world, spec);
    const name = "example.io/change";
    const asksFor = ["configmaps shop/z", "configmaps shop/gone"];
    assert.deepEqual(of("ConfigMap shop/changed").itemActions, [
      { action: name, does: "change", asksFor },
    ]);
    assert.deepEqual(of("ConfigMap shop/same").itemActions, [
      { action: name, does: "leave as it is" },
    ]);
    const out = of("ConfigMap shop/out");
    assert.deepEqual([out.action, out.reason], ["skip", `action ${name} says so`]);
    // No label selects it: it comes because it is asked for, and asks for itself and "gone" again.
    assert.equal(of("ConfigMap shop/z").action, "create");
    assert.deepEqual(header.itemActions, [
      { action: name, changed: 2, left: 1, leftOut: 1, notAsked: 0 },
    ]);
    assert.deepEqual(
      header.findings.map(({ severity, code, message }) => `${severity} ${code} ${message}`),
      [
        `warning additional-item-missing action ${name} asks for configmaps shop/gone with it, and the backup does not have that`,
      ],
    );
    assert.match(text, /ConfigMap shop\/out .*\n +action example\.io\/change leaves it out\n/);
    assert.match(text, /changes it; it asks for configmaps shop\/z, configmaps shop\/gone\n/);
    assert.match(
      text,
      /\nactions {2}example\.io\/change: changes 2, leaves 1 out, leaves 1 as they/,
    );
    assert.equal(writes(world), header.dryRun.asked);

    const report = await world.restore(spec, { planned });
    assert.equal(report.failed, 0, told(report));
    for (const one of ["changed", "z"]) {
      const live = await world.live("configmaps", `shop/${one}`);
      assert.deepEqual(live?.metadata["annotations"], { touched: "yes" });
    }
    assert.equal(await world.live("configmaps", "shop/out"), undefined);
  });

  it("has a line for a namespace into which only goes what they ask for, and it is made as it was", async () => {
    const action = actionOn(
      "configmaps",
      (given) =>
        nameOf(given) === "main"
          ? {
              item: given.item,
              additionalItems: [configMapRef("z", "base")],
              mustInclude: true,
            }
          : {},
      pure,
    );
    const base = plain("v1", "Namespace", "base", { metadata: { labels: { team: "base" } } });
    const world = await worldOf([configMap("shop/main"), base, configMap("base/z")], action);
    const spec = { includedNamespaces: ["shop"], namespaceMapping: { shop: "copy" } };
    const { of, planned } = await planOf(world, spec);
    assert.equal(of("ConfigMap base/z").action, "create");
    const line = of("Namespace /base");
    assert.deepEqual([line.action, line.reason], ["create", "it is not there"]);
    const report = await world.restore(spec, { planned });
    assert.equal(report.failed, 0, told(report));
    const made = await world.live("namespaces", "base");
    assert.match(JSON.stringify(made?.metadata["labels"]), /"team":"base"/);
    const again = await planOf(world, spec);
    assert.equal(again.of("ConfigMap base/z").action, "skip");
  });

  it("shows what they change in what is there, field by field", async () => {
    const action = actionOn(
      "configmaps",
      ({ item }) => ({ item: annotated(item, { touched: "yes" }) }),
      pure,
    );
    const world = await worldOf([configMap("shop/a")], action);
    world.server.seed(JSON.stringify(namespaceNamed("shop")));
    world.server.seed(JSON.stringify(configMap("shop/a")));
    const spec = { existingResourcePolicy: "update" } as const;
    const { of, text, planned } = await planOf(world, spec);
    assert.equal(of("ConfigMap shop/a").action, "patch");
    assert.match(text, /metadata\.annotations: {3}added \{"touched":"yes"\}/);
    const report = await world.restore(spec, { planned });
    assert.equal(report.updated, 1, told(report));
  });

  it("does not ask one that may do more, nor one that sees what it makes, and says so", async () => {
    let executed = 0;
    const mover: RestoreItemAction = {
      ...actionOn("configmaps", ({ item }) => {
        executed += 1;
        return {
          item: annotated(item, { moved: "yes" }),
          additionalItems: [configMapRef("z")],
        };
      }),
      name: "example.io/move",
    };
    const after = actionOn("configmaps", ({ item }) => ({ item }), pure);
    const label = { labels: { app: "x" } };
    const world = await worldOf([configMap("shop/a", label), configMap("shop/z")], mover, after);
    world.server.seed(JSON.stringify(namespaceNamed("shop")));
    world.server.seed(JSON.stringify(configMap("shop/a", label)));
    const spec = {
      existingResourcePolicy: "update",
      labelSelector: { matchLabels: { app: "x" } },
    } as const;
    const { of, text, header, planned } = await planOf(world, spec);
    assert.equal(executed, 0);
    assert.deepEqual(of("ConfigMap shop/a").itemActions, [
      { action: "example.io/move", does: "not asked", reason: "it may do more than compute" },
      {
        action: "example.io/change",
        does: "not asked",
        reason: "it sees what example.io/move makes",
      },
    ]);
    assert.match(text, /not asked: action example\.io\/move \(it may do more than compute\)/);
    assert.match(text, /actions {2}example\.io\/move: not asked about 1\n/);
    assert.equal(header.itemActions?.length, 2);
    // What such an action makes of it, and asks for, is no drift.
    const report = await world.restore(spec, { planned });
    assert.deepEqual([report.failed, report.updated, report.created], [0, 1, 1], told(report));
    assert.ok(await world.live("configmaps", "shop/z"));
  });

  it("calls nothing blocked that an action may change, which it does not ask", async () => {
    const change = actionOn("widgets.demo.example", ({ item }) => ({
      item: { ...item, apiVersion: "v1", kind: "ConfigMap" },
    }));
    const widget = plain("demo.example/v1", "Widget", "shop/w", { data: { size: "2" } });
    const unknown = await planOf(await worldOf([widget], change));
    assert.equal(unknown.header.totals.blocked, 0);
    assert.equal(unknown.header.findings[0]?.severity, "warning");
    const known = await worldOf([widget], { ...change, ...pure });
    const plan = await planOf(known);
    assert.equal(plan.header.totals.blocked, 0);
    assert.deepEqual(plan.header.findings, []);
    const report = await known.restore({}, { planned: plan.planned });
    assert.equal(report.failed, 0, told(report));
    assert.ok(await known.live("configmaps", "shop/w"));
  });

  it("calls blocked what an action fails on", async () => {
    const action = actionOn(
      "configmaps",
      () => {
        throw new Error("no such disk");
      },
      pure,
    );
    const { of, header } = await planOf(await worldOf([configMap("shop/a")], action));
    assert.equal(of("ConfigMap shop/a").blocked, true);
    assert.deepEqual(
      header.findings.map(({ code, message }) => [code, message]),
      [
        [
          "item-action-failed",
          'action example.io/change failed on ConfigMap "shop/a": no such disk',
        ],
      ],
    );
  });

  it("is not run with other actions than it was made with", async () => {
    const action = actionOn("configmaps", () => ({}), pure);
    const world = await worldOf([configMap("shop/a")], action);
    const { planned } = await planOf({ ...world, actions: [] });
    const before = writes(world);
    await assert.rejects(
      world.restore({}, { planned }),
      ({ answer }: ArkError) =>
        answer === "it was made with the item actions none; now there are example.io/change",
    );
    assert.equal(writes(world), before);
  });

  it("removes nothing that an action has given to an object of the backup", async () => {
    const rename = actionOn("configmaps", ({ item }) => ({
      item: { ...item, metadata: { name: "renamed", namespace: "shop" } },
    }));
    const notes = { [annotations.prune]: "true" };
    const world = await worldOf([configMap("shop/a")], rename);
    world.server.seed(JSON.stringify(namespaceNamed("shop")));
    world.server.seed(JSON.stringify(configMap("shop/renamed")));
    world.server.seed(JSON.stringify(configMap("shop/stranger")));
    const { of, planned } = await planOf(world, {}, notes);
    assert.equal(of("ConfigMap shop/renamed").action, "delete");
    const report = await world.restore({}, { planned, annotations: notes });
    assert.match(told(report), /renamed" is not in the backup, and was not removed: an object of/);
    assert.ok(await world.live("configmaps", "shop/renamed"));
    assert.equal(await world.live("configmaps", "shop/stranger"), undefined);
  });
});
