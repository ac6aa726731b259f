import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { ApiStatus } from "../support/api-server/api-status.ts";
import { createRestoreWorld, namespaceNamed, type Plain, plain } from "./restore-world.ts";

const configMap = (place: string, data: object = { key: "value" }) =>
  plain("v1", "ConfigMap", place, { data });
const many = (count: number): Plain[] =>
  Array.from({ length: count }, (_, i) => configMap(`shop/c${String(i).padStart(4, "0")}`));

describe("runRestore() under failures", () => {
  it("goes on when one object of many is refused, and names it", async () => {
    const world = createRestoreWorld({
      admission: ({ object }) => {
        const { name } = object["metadata"] as unknown as { name: string };
        if (name === "c0007") throw new ApiStatus(422, "Invalid", "c0007 is not to our taste");
        return object;
      },
    });
    await world.backUp(many(50));
    const report = await world.restore();
    assert.deepEqual([report.created, report.failed], [50, 1]);
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_API_INVALID", "c0007"]],
    );
    assert.match(report.findings[0]?.message ?? "", /not to our taste/);
  });

  it("takes an object in a later pass that failed at first", async () => {
    const world = createRestoreWorld();
    let refusals = 2;
    world.server.faults = ({ method, path }) => {
      if (method !== "POST" || !path.endsWith("/configmaps") || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 500 };
    };
    await world.backUp(many(3));
    const report = await world.restore({}, { limits: { writers: 1 } });
    assert.deepEqual(report.findings, []);
    assert.equal(report.created, 4);
    assert.equal(refusals, 0);
  });

  it("knows an object that it made itself when neither the creation nor a look had an answer", async () => {
    const world = createRestoreWorld();
    let broken = 0;
    world.server.faults = ({ method, path }) => {
      const isCreation = method === "POST" && path.endsWith("/configmaps");
      const isLook = method === "GET" && path.includes("/configmaps/");
      if (isCreation && broken === 0) {
        broken = 1;
        return { dropAnswer: true };
      }
      // Until the pass is over.
      if (!isLook || broken === 0 || broken > 10) return undefined;
      broken += 1;
      return { status: 500 };
    };
    await world.backUp(many(1));
    const report = await world.restore({}, { limits: { writers: 1 } });
    assert.deepEqual(report.findings, []);
    assert.equal(broken, 11);
    assert.deepEqual([report.created, report.skipped], [2, 0]);
  });

  it("fails an object for good after the last pass, and says what the server said", async () => {
    const world = createRestoreWorld();
    world.server.faults = ({ method, path }) =>
      method === "POST" && path.endsWith("/secrets") ? { status: 403 } : undefined;
    await world.backUp([
      configMap("shop/a"),
      plain("v1", "Secret", "shop/s", { type: "Opaque", data: {} }),
    ]);
    const report = await world.restore();
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ severity, code, resource, namespace, name }) => [
        severity,
        code,
        resource,
        namespace,
        name,
      ]),
      [["error", "ARK_API_FORBIDDEN", "secrets", "shop", "s"]],
    );
    assert.equal(report.restore.status.errors, 1);
    const list = gunzipSync(world.store.bytes("restores/r1/restore-r1-resource-list.json.gz"));
    assert.deepEqual(JSON.parse(list.toString()), {
      "v1/ConfigMap": ["shop/a(created)"],
      "v1/Namespace": ["shop(created)"],
      "v1/Secret": ["shop/s(failed)"],
    });
    const results = gunzipSync(world.store.bytes("restores/r1/restore-r1-results.gz")).toString();
    assert.match(results, /resource: \/secrets name: \/s message: /);
  });

  it("waits for a namespace that is being deleted, then restores into the new one", async () => {
    const world = createRestoreWorld({ controllers: "manual" });
    world.server.seed({
      ...namespaceNamed("shop", { deletionTimestamp: "2026-01-02T03:04:05Z" }),
      status: { phase: "Terminating" },
    } as never);
    let polls = 0;
    world.server.faults = ({ method, path }) => {
      if (method === "GET" && path.endsWith("/namespaces/shop")) {
        polls += 1;
        if (polls === 3) while (world.server.step());
      }
      return undefined;
    };
    await world.backUp([configMap("shop/a"), configMap("shop/b")]);
    const report = await world.restore();
    assert.deepEqual(report.findings, []);
    assert.equal(report.created, 3);
  });

  it("gives a namespace up after its time, tells it once, and restores the others", async () => {
    const world = createRestoreWorld({ controllers: "manual" });
    world.server.seed({
      ...namespaceNamed("shop", { deletionTimestamp: "2026-01-02T03:04:05Z" }),
      status: { phase: "Terminating" },
    } as never);
    await world.backUp([...many(30), configMap("web/a")]);
    const report = await world.restore({}, { limits: { namespaceTerminatingMs: 5_000 } });
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.deepEqual(
      report.findings.map(({ code, name }) => [code, name]),
      [["ARK_NAMESPACE_TERMINATING", "shop"]],
    );
    assert.match(report.findings[0]!.message, /30 objects/);
    assert.equal(report.failed, 31);
    assert.notEqual(await world.live("configmaps", "web/a"), undefined);
  });

  it("stops writing at an abort and leaves a record that says so", async () => {
    const world = createRestoreWorld();
    const stop = new AbortController();
    let creates = 0;
    world.server.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/configmaps")) {
        creates += 1;
        if (creates === 20) stop.abort(new Error("ctrl-c"));
      }
      return undefined;
    };
    await world.backUp(many(200));
    const report = await world.restore({}, { limits: { writers: 4 } }, stop.signal);
    assert.equal(report.restore.status.phase, "Failed");
    assert.equal(report.restore.metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    assert.ok(creates <= 24, `${creates} creates`);
    assert.ok(world.store.keys().includes("restores/r1/ark-restore.json"));
  });

  it("restores though the location cannot be written to, and warns", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a")]);
    world.store.put = async () => {
      throw new Error("read-only");
    };
    const report = await world.restore();
    assert.equal(report.created, 2);
    assert.deepEqual(
      report.findings.map(({ severity }) => severity),
      ["warning"],
    );
  });

  it("refuses what cannot be meant before it reads or writes anything", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a")]);
    await assert.rejects(world.restore({ includedResources: ["nonsense"] }), {
      code: "ARK_KIND_UNKNOWN",
    });
    await assert.rejects(world.restore({ existingResourcePolicy: "replace" as never }), {
      code: "ARK_USAGE",
    });
    await assert.rejects(world.restore({ backupName: "nowhere" }), {
      code: "ARK_BACKUP_NOT_FOUND",
    });
    assert.deepEqual(
      world.seen.filter(({ method }) => method !== "GET"),
      [],
    );
  });

  it("names an object whose bytes are damaged and restores the others", async () => {
    const world = createRestoreWorld();
    await world.backUp([configMap("shop/a"), configMap("shop/b"), configMap("web/c")]);
    const archive = world.store.bytes("backups/b1/b1.tar.gz");
    const at = Buffer.from(archive).lastIndexOf(
      Buffer.from([0x1f, 0x8b, 0x08]),
      archive.length - 60,
    );
    archive[at + 20] = (archive[at + 20] ?? 0) ^ 0xff;
    const report = await world.restore({}, { allowDamaged: true });
    assert.equal(report.restore.status.phase, "PartiallyFailed");
    assert.ok(report.failed >= 1);
    assert.ok(report.findings.every(({ code }) => code === "ARK_BACKUP_DAMAGED"));
    assert.notEqual(await world.live("configmaps", "shop/a"), undefined);
  });
});
