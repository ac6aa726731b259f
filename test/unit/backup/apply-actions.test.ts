import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readRawObject } from "../../../src/api/read-raw-object.ts";
import { actionsOn } from "../../../src/backup/apply-actions.ts";
import { hasCode } from "../../../src/lib/errors.ts";
import type { ItemAction, ItemActionResult, ItemSelector } from "../../../src/ports/item-action.ts";
import { kindOf } from "../../support/kinds.ts";

const pods = kindOf("pods", { kind: "Pod" });
const nodes = kindOf("nodes", { kind: "Node", cluster: true });
const signal = new AbortController().signal;
const backup = { name: "b", uid: "u", spec: {}, phase: "InProgress" } as const;

const object = (metadata: object) => readRawObject(Buffer.from(JSON.stringify({ metadata })));
const pod = object({ name: "a", namespace: "shop", labels: { app: "web" } });

function action(
  name: string,
  result: Partial<ItemActionResult>,
  appliesTo: ItemSelector = {},
): ItemAction & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    name,
    appliesTo,
    seen,
    execute(item) {
      seen.push(item.object.bytes.toString());
      return { additionalItems: [], ...result };
    },
  };
}

describe("item actions", () => {
  it("see what the one before made of the item", async () => {
    const changed = object({ name: "changed", namespace: "shop" });
    const first = action("first", { object: changed });
    const second = action("second", {});
    const acted = await actionsOn(pods, [first, second], backup)?.(pod, signal);
    assert.equal(acted?.object?.name, "changed");
    assert.deepEqual(second.seen, [changed.bytes.toString()]);
  });

  it("leave out an item, and nothing follows for its sake", async () => {
    const skip = action("skip", { skipped: true, additionalItems: [reference("x")] });
    const later = action("later", { additionalItems: [reference("y")] });
    const acted = await actionsOn(pods, [skip, later], backup)?.(pod, signal);
    assert.deepEqual([acted?.object, acted?.related, later.seen], [undefined, [], []]);
  });

  it("name items, each with how they are wanted", async () => {
    const plain = action("plain", { additionalItems: [reference("x")] });
    const must = action("must", { additionalItems: [reference("y")], mustInclude: true });
    const acted = await actionsOn(pods, [plain, must], backup)?.(pod, signal);
    assert.deepEqual(
      acted?.related.map((one) => [one.additionalItems[0]?.name, one.mustInclude]),
      [
        ["x", undefined],
        ["y", true],
      ],
    );
  });

  it("may not begin operations: nothing waits for them yet", async () => {
    const slow = action("slow", { operationId: "op-1" });
    await assert.rejects(
      async () => await actionsOn(pods, [slow], backup)?.(pod, signal),
      (error) => hasCode(error, "ARK_ITEM_ACTION"),
    );
  });

  const cases: readonly (readonly [string, ItemSelector, boolean])[] = [
    ["an empty selector", {}, true],
    ["its kind", { includedResources: ["pods"] }, true],
    ["another kind", { includedResources: ["secrets"] }, false],
    ["all but its kind", { excludedResources: ["pods"] }, false],
    ["its namespace", { includedNamespaces: ["shop"] }, true],
    ["another namespace", { includedNamespaces: ["dark"] }, false],
    ["all but its namespace", { excludedNamespaces: ["shop"] }, false],
    ["its label", { labelSelector: "app=web" }, true],
    ["another label", { labelSelector: "app!=web" }, false],
  ];
  for (const [title, appliesTo, applies] of cases) {
    it(`that select ${title} ${applies ? "see" : "do not see"} the item`, async () => {
      const one = action("one", {}, appliesTo);
      await actionsOn(pods, [one], backup)?.(pod, signal);
      assert.equal(one.seen.length, applies ? 1 : 0);
    });
  }

  it("for some namespaces see nothing cluster-scoped", async () => {
    const one = action("one", {}, { excludedNamespaces: ["dark"] });
    await actionsOn(nodes, [one], backup)?.(object({ name: "n" }), signal);
    assert.deepEqual(one.seen, []);
  });
});

const reference = (name: string) => ({ resource: "secrets", namespace: "shop", name });
