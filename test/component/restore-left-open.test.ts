/** A failure that may pass ends the process, not the restore: the same command goes on. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArkError } from "../../src/lib/errors.ts";
import type { RestoreReport } from "../../src/restore/restore-request.ts";
import type { Faults } from "../support/api-server/faults.ts";
import { createRestoreWorld, plain, type RestoreWorld } from "./restore-world.ts";

const objects = 120;
const configMaps = Array.from({ length: objects }, (_, i) =>
  plain("v1", "ConfigMap", `shop/c${String(i).padStart(3, "0")}`, { data: { key: "value" } }),
);

/** From the nth create of a ConfigMap on every request meets `fault`. */
function after(creates: number, fault: ReturnType<Faults>, world: RestoreWorld): Faults {
  let seen = 0;
  return (call) => {
    if (call.method === "POST" && call.path.endsWith("/configmaps")) seen += 1;
    if (seen > creates) return fault;
    if (call.method === "POST") made.set(world, (made.get(world) ?? 0) + 1);
    return undefined;
  };
}

const made = new WeakMap<RestoreWorld, number>();

async function endsOpen(restore: Promise<RestoreReport>, code: string): Promise<ArkError> {
  let found: unknown;
  await restore.catch((thrown: unknown) => {
    found = thrown;
  });
  assert.ok(found instanceof ArkError, "the restore did not end with an error");
  assert.equal(found.code, code);
  assert.match(found.message, /^restore "r1" stopped after \d+ of 120 objects: /);
  assert.match(
    found.advice ?? "",
    /run the same command again: it goes on where this one stopped$/,
  );
  return found;
}

async function goesOn(world: RestoreWorld): Promise<RestoreReport> {
  let creates = 0;
  world.server.faults = ({ method }) => {
    if (method === "POST") creates += 1;
    return undefined;
  };
  const report = await world.restore({}, { owner: { host: "test", bootId: "boot", pid: 2 } });
  assert.equal(report.restore.status.phase, "Completed");
  assert.deepEqual([report.created, report.skipped, report.failed], [objects + 1, 0, 0]);
  assert.equal(report.restore.status.progress?.itemsRestored, objects + 1);
  const before = made.get(world) ?? 0;
  assert.ok(creates <= objects + 1 - before, `${creates} creates, ${before} made before`);
  assert.deepEqual(
    world.store.keys().filter((key) => key.startsWith("metadata/")),
    [],
  );
  return report;
}

describe("runRestore() that meets a failure which may pass", () => {
  const failures: readonly [string, string, NonNullable<ReturnType<Faults>>][] = [
    ["an API server that stays away", "ARK_API_UNREACHABLE", { cutAfterBytes: 0 }],
    ["an API server whose answers are lost", "ARK_API_UNREACHABLE", { dropAnswer: true }],
    ["credentials that have ended", "ARK_API_UNAUTHORIZED", { status: 401 }],
  ];
  for (const [title, code, fault] of failures) {
    it(`is left open by ${title}, and goes on`, async () => {
      const world = createRestoreWorld();
      await world.backUp(configMaps);
      world.server.faults = after(50, fault, world);
      await endsOpen(world.restore({}, { limits: { writers: 4 } }), code);
      assert.deepEqual(
        world.store.keys().filter((key) => key.startsWith("restores/")),
        [],
      );
      const report = await goesOn(world);
      assert.ok((report.continued?.objects ?? 0) >= 40, `${report.continued?.objects} known`);
    });
  }

  it("reads back also what was restored before, and names who changed it since", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    world.server.faults = after(50, { status: 401 }, world);
    await endsOpen(world.restore({}, { limits: { writers: 4 } }), "ARK_API_UNAUTHORIZED");
    world.server.faults = () => undefined;
    const signal = new AbortController().signal;
    const { kinds } = await world.cluster.discover({ signal });
    const kind = kinds.find(({ resource, group }) => resource === "configmaps" && group === "");
    assert.ok(kind !== undefined);
    const patch = Buffer.from('{"data":{"key":"other"}}');
    const ref = { kind, namespace: "shop", name: "c000" };
    await world.cluster.patch(ref, "merge", patch, { fieldManager: "flux", signal });
    const { readBack, findings } = await goesOn(world);
    assert.deepEqual([readBack?.compared, readBack?.asPlanned], [objects, objects - 1]);
    const [difference] = readBack?.differences ?? [];
    assert.deepEqual(difference, {
      resource: "configmaps",
      path: "data.key",
      change: "changed",
      by: "writer",
      who: ["flux"],
      objects: 1,
      names: ["shop/c000"],
    });
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["ARK_RESTORED_DIFFERS"],
    );
  });
});

/** Who it is, the API server still says; and then nothing more. */
const onlyIdentity: Faults = ({ path }) =>
  ["/version", "/api/v1/namespaces/kube-system"].includes(path) ? undefined : { cutAfterBytes: 0 };

const claims = (key: string): boolean => key.startsWith("metadata/ark-ts/restores/");

function countClaims(world: RestoreWorld): { count: number } {
  const seen = { count: 0 };
  world.store.faults.add(({ operation, key }) => {
    if (operation === "put" && claims(key)) seen.count += 1;
    return undefined;
  });
  return seen;
}

describe("runRestore() that is left open", () => {
  it("stays so while the failure lasts, however often it is tried", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    world.server.faults = after(50, { cutAfterBytes: 0 }, world);
    await endsOpen(world.restore({}, { limits: { writers: 4 } }), "ARK_API_UNREACHABLE");
    world.server.faults = onlyIdentity;
    const claimed = countClaims(world);
    for (let again = 0; again < 2; again += 1) {
      await assert.rejects(world.restore(), {
        code: "ARK_API_UNREACHABLE",
        message: /^restore "r1" stopped before it went on: /,
      });
    }
    assert.ok(claimed.count >= 2, "the run was not taken up");
    await goesOn(world);
  });

  it("leaves nothing when it had not begun", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    world.server.faults = onlyIdentity;
    const claimed = countClaims(world);
    await assert.rejects(world.restore(), { code: "ARK_API_UNREACHABLE", message: /^cannot / });
    assert.ok(claimed.count > 0, "the run was not begun");
    assert.deepEqual(
      world.store.keys().filter((key) => !key.startsWith("backups/")),
      [],
    );
  });

  it("is left open by a store that went away, too", async () => {
    const world = createRestoreWorld();
    await world.backUp(configMaps);
    const error = new ArkError("ARK_STORE_UNREACHABLE", "the store does not answer", {
      disposition: "retry",
    });
    let isAway = false;
    world.store.faults.add(() => (isAway ? { kind: "fail", error } : undefined));
    world.server.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/namespaces")) isAway = true;
      return undefined;
    };
    await endsOpen(world.restore(), "ARK_STORE_UNREACHABLE");
    isAway = false;
    await goesOn(world);
  });
});
