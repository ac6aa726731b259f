/** `restore create --strict`: all of it, or nothing. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArkError } from "../../src/lib/errors.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { startMortalProcess } from "../support/mortal-process.ts";
import { start } from "./changed-world.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const strict = { strict: true };
const map = (name: string) => plain("v1", "ConfigMap", `shop/${name}`, { data: { key: "a" } });
const claim = plain("v1", "PersistentVolumeClaim", "shop/data", {
  spec: {
    ...{ storageClassName: "no-such-class", accessModes: ["ReadWriteOnce"] },
    resources: { requests: { storage: "1Gi" } },
  },
});

/** Takes no object of the name `refused`. */
async function worldWith(objects: Parameters<RestoreWorld["backUp"]>[0]): Promise<RestoreWorld> {
  const world = createRestoreWorld({
    admission: ({ object }) => {
      const { name } = object["metadata"] as unknown as { name: string };
      if (name === "refused") throw new ApiStatus(422, "Invalid", "not to our taste");
      return object;
    },
  });
  world.server.seed(namespaceNamed("shop") as never);
  await world.backUp(objects);
  return world;
}

const quota = ({ used, hard }: { readonly used: string; readonly hard: string }) =>
  plain("v1", "ResourceQuota", "shop/few", {
    spec: { hard: { "count/configmaps": hard } },
    status: { hard: { "count/configmaps": hard }, used: { "count/configmaps": used } },
  });
const blocked = [map("fine"), map("refused"), plain("demo.example/v1", "Widget", "shop/w")];

describe("a strict restore", () => {
  it("writes nothing where an object would fail, and names each that would", async () => {
    const world = await worldWith(blocked);
    const { revision } = world.server;
    await assert.rejects(world.restore({}, strict), (error: ArkError) => {
      assert.equal(error.code, "ARK_RESTORE_BLOCKED");
      assert.match(error.answer ?? "", /ConfigMap "shop\/refused": .*not to our taste/);
      assert.match(error.answer ?? "", /Widget "shop\/w": /);
      assert.doesNotMatch(error.answer ?? "", /fine/);
      return true;
    });
    assert.equal(world.server.revision, revision);
    assert.deepEqual(
      world.store.keys().filter((key) => !key.startsWith("backups/")),
      [],
      "no trace of it keeps the name",
    );
  });

  it("is needed for that: otherwise what is blocked fails, and the rest is restored", async () => {
    const world = await worldWith(blocked);
    await assert.rejects(world.restore({}, strict));
    const report = await world.restore();
    assert.deepEqual([report.created, report.failed], [1, 2]);
    assert.equal(report.restore.status.phase, "PartiallyFailed");
  });

  it("restores what may not work, for that is a warning", async () => {
    const world = await worldWith([map("fine"), claim]);
    const report = await world.restore({}, strict);
    assert.deepEqual([report.created, report.failed], [2, 0]);
  });

  it("counts what only the whole shows: a quota that each object alone would fit in", async () => {
    const world = await worldWith([map("a"), map("b")]);
    world.server.seed(quota({ used: "0", hard: "1" }) as never);
    const { revision } = world.server;
    await assert.rejects(world.restore({}, strict), { code: "ARK_RESTORE_BLOCKED" });
    assert.equal(world.server.revision, revision);
  });

  it("names the first ten, and counts the rest", async () => {
    const widgets = Array.from({ length: 13 }, (_, at) =>
      plain("demo.example/v1", "Widget", `shop/w${at}`),
    );
    const world = await worldWith(widgets);
    await assert.rejects(world.restore({}, strict), (error: ArkError) => {
      assert.equal((error.answer ?? "").match(/Widget "/g)?.length, 10);
      assert.match(error.answer ?? "", /; and 3 more$/);
      return true;
    });
  });

  it("looks again, at what is left, when it was cut off and goes on", async () => {
    for (let at = 1; at < 20; at += 1) {
      const world = await worldWith([map("a"), map("b"), map("c")]);
      let asked = 0;
      const create: Cluster["create"] = (ref, body, options) => {
        if (options.dryRun === true) asked += 1;
        return world.cluster.create(ref, body, options);
      };
      const cluster = { ...world.cluster, create };
      const request = { ...strict, annotations: {} };
      const process = startMortalProcess({ cluster, store: world.store }, { at, when: "after" });
      const ended = await Promise.race([process.died, start(world, process, request)]);
      if (ended !== "died" || (await world.live("configmaps", "shop/a")) === undefined) continue;
      assert.equal(asked, 3);
      world.server.seed(quota({ used: "1", hard: "2" }) as never);
      const { revision } = world.server;
      await assert.rejects(start(world, { cluster }, request), (error: ArkError) => {
        assert.equal(error.code, "ARK_RESTORE_BLOCKED");
        assert.match(error.message, /with --strict nothing more was restored/);
        assert.match(error.advice ?? "", /leave out --strict.* run the same command again/);
        return true;
      });
      assert.equal(world.server.revision, revision);
      const { continued, ...report } = await start(world, { cluster }, { annotations: {} });
      assert.deepEqual([report.created, report.failed, continued?.name], [3, 0, "r1"]);
      return;
    }
    assert.fail("no process died after its first object");
  });
});
