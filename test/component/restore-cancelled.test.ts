/** A restore that is cancelled: what it has begun is brought to its end, and nothing is unknown. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { RestorePorts, RestoreRequest } from "../../src/restore/restore-request.ts";
import { runRestore } from "../../src/restore/run-restore.ts";
import type { UndoReport, UndoRequest } from "../../src/restore/undo/undo-request.ts";
import { undoRestore } from "../../src/restore/undo/undo-restore.ts";
import { changes, idle, make, recreate } from "./changed-world.ts";
import { createRestoreWorld, namespaceNamed, plain, type RestoreWorld } from "./restore-world.ts";

const places = Array.from({ length: 24 }, (_, at) => `shop/c${String(at).padStart(2, "0")}`);
const map = (place: string, mode: string) => plain("v1", "ConfigMap", place, { data: { mode } });
const update = { spec: { backupName: "b1", existingResourcePolicy: "update" } } as const;
/** No watch of the virtual clock: time does not jump over it. */
const patient = { cancelGraceMs: 60_000 };
const hasty = { cancelGraceMs: 5_000 };

async function worldOf(mode?: string): Promise<RestoreWorld> {
  const world = createRestoreWorld();
  await world.backUp([namespaceNamed("shop"), ...places.map((place) => map(place, "blue"))]);
  if (mode === undefined) return world;
  await make(world, namespaceNamed("shop"));
  for (const place of places) await make(world, map(place, mode));
  return world;
}

async function modes(world: RestoreWorld): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const place of places) {
    const live = await world.live("configmaps", place);
    const { mode } = (live?.["data"] ?? { mode: "none" }) as { mode: string };
    found.set(mode, [...(found.get(mode) ?? []), place]);
  }
  return found;
}

function run(
  world: RestoreWorld,
  ports: Partial<RestorePorts>,
  request: Partial<RestoreRequest>,
  signal: AbortSignal,
) {
  const { cluster, store, clock } = world;
  const owner = { host: "far", bootId: "boot", pid: 7 };
  const base = { name: "r1", isNameGiven: true, owner, typed: true, spec: { backupName: "b1" } };
  return runRestore(
    { ...base, ...request, limits: { writers: 8, ...patient, ...request.limits } },
    { cluster, store, clock, log: { write: () => {} }, liveness: () => "gone", ...ports },
    signal,
  );
}

function undo({ cluster, store, clock }: RestoreWorld, request: Partial<UndoRequest> = {}) {
  const ports = { cluster, store, clock, log: { write: () => {} } };
  return undoRestore({ restore: "r1", writers: 1, ...request }, ports, idle);
}

const outcomesOf = ({ outcomes }: UndoReport): readonly string[] =>
  outcomes.map(({ outcome, name }) => `${outcome} ${name}`).sort();

/** Cancels when the fifth call of `method` has been done, and before any of these is answered. */
function cancelAmid<Method extends "create" | "patch" | "remove">(
  { cluster }: RestoreWorld,
  method: Method,
  cancel: AbortController,
): Cluster {
  let done = 0;
  const cancelled = new Promise<void>((resolve) =>
    cancel.signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  const call = async (...args: unknown[]): Promise<unknown> => {
    const [ref] = args as [{ kind: { kind: string } }];
    const answer = await (cluster[method] as (...all: unknown[]) => Promise<unknown>)(...args);
    if (ref.kind.kind !== "ConfigMap") return answer;
    done += 1;
    if (done === 5) cancel.abort(new Error("cancelled"));
    await cancelled;
    (args.at(-1) as { signal: AbortSignal }).signal.throwIfAborted();
    return answer;
  };
  return { ...cluster, [method]: call };
}

/** Does it, cancels, and never answers. */
function silent(
  { cluster }: RestoreWorld,
  method: "create" | "patch" | "remove",
  place: string,
  cancel: AbortController,
): Cluster {
  const call = async (...args: unknown[]): Promise<unknown> => {
    const ref = args[0] as { namespace: string; name: string };
    const { signal } = args.at(-1) as { signal: AbortSignal };
    const answer = await (cluster[method] as (...all: unknown[]) => Promise<unknown>)(...args);
    if (`${ref.namespace}/${ref.name}` !== place) return answer;
    cancel.abort(new Error("cancelled"));
    signal.throwIfAborted();
    return await new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
    );
  };
  return { ...cluster, [method]: call };
}

describe("a restore that is cancelled", () => {
  it("counts all that it has created, and undo takes all of it back, the namespace too", async () => {
    const world = await worldOf();
    const cancel = new AbortController();
    const cluster = cancelAmid(world, "create", cancel);
    const report = await run(world, { cluster }, {}, cancel.signal);
    const made = (await modes(world)).get("blue") ?? [];
    assert.ok(made.length >= 5 && made.length < places.length, `${made.length} are there`);
    assert.equal(report.created, made.length + 1, "and the Namespace");
    const undone = await undo(world);
    assert.equal(undone.phase, "Completed", JSON.stringify(undone.outcomes));
    assert.equal(await world.live("namespaces", "shop"), undefined);
  });

  it("counts all that it has updated, and undo puts all of it back", async () => {
    const world = await worldOf("green");
    const cancel = new AbortController();
    const cluster = cancelAmid(world, "patch", cancel);
    const report = await run(world, { cluster }, update, cancel.signal);
    const updated = (await modes(world)).get("blue") ?? [];
    assert.ok(updated.length >= 5 && updated.length < places.length, `${updated.length} updated`);
    assert.equal(report.updated, updated.length);
    await undo(world);
    assert.deepEqual((await modes(world)).get("green"), places);
  });

  it("makes anew all that it has deleted", async () => {
    const world = await worldOf("green");
    const cancel = new AbortController();
    const cluster = cancelAmid(world, "remove", cancel);
    const report = await run(world, { cluster }, recreate, cancel.signal);
    const found = await modes(world);
    assert.equal(found.get("none"), undefined, "nothing is gone");
    const made = found.get("blue") ?? [];
    assert.ok(made.length >= 5 && made.length < places.length, `${made.length} recreated`);
    assert.deepEqual([report.recreated, report.failed], [made.length, 0]);
    await undo(world);
    assert.deepEqual((await modes(world)).get("green"), places);
  });

  it("begins nothing after it", async () => {
    const world = await worldOf("green");
    const cancel = new AbortController();
    const cluster = cancelAmid(world, "patch", cancel);
    await run(world, { cluster }, { ...update, limits: { writers: 5, ...patient } }, cancel.signal);
    assert.equal((await modes(world)).get("blue")?.length, 5);
  });
});

describe("a write that waits for its turn when the restore is cancelled", () => {
  it("is not sent", async () => {
    const world = await worldOf("green");
    const cancel = new AbortController();
    const patch: Cluster["patch"] = (...args) => {
      cancel.abort(new Error("cancelled"));
      return world.cluster.patch(...args);
    };
    const ports = { cluster: { ...world.cluster, patch } };
    const report = await run(world, ports, update, cancel.signal);
    assert.deepEqual([report.updated, report.failed], [0, 0]);
    assert.deepEqual((await modes(world)).get("green"), places);
  });
});

describe("a restore that is cancelled while the API server is silent", () => {
  it("names what it may have created, and undo asks before it takes that back", async () => {
    const world = await worldOf();
    const cancel = new AbortController();
    const cluster = silent(world, "create", "shop/c01", cancel);
    const limits = { writers: 1, ...hasty };
    const report = await run(world, { cluster }, { limits }, cancel.signal);
    assert.deepEqual([report.created, report.failed], [2, 1]);
    const told = report.findings.find(({ code }) => code === "ARK_WRITE_UNANSWERED");
    assert.match(told?.message ?? "", /whether ConfigMap "shop\/c01" was made is not known/);
    const first = await undo(world);
    const left = first.outcomes.find(({ name }) => name === "c01");
    assert.deepEqual([left?.outcome, left?.flag], ["left", "--changed-too"]);
    await undo(world, { changedToo: true });
    assert.equal(await world.live("configmaps", "shop/c01"), undefined);
  });

  it("names what it may have updated, and undo puts it back", async () => {
    const world = await worldOf("green");
    const cancel = new AbortController();
    const cluster = silent(world, "patch", "shop/c01", cancel);
    const limits = { writers: 1, ...hasty };
    const report = await run(world, { cluster }, { ...update, limits }, cancel.signal);
    assert.deepEqual([report.updated, report.failed], [1, 1]);
    assert.ok(report.findings.some(({ code }) => code === "ARK_WRITE_UNANSWERED"));
    assert.ok((await changes(world)).some(({ unanswered }) => unanswered === true));
    await undo(world, { changedToo: true });
    assert.deepEqual((await modes(world)).get("green"), places);
  });

  for (const method of ["remove", "create"] as const) {
    it(`at the ${method} of a recreate: tells what is gone, and undo makes it again`, async () => {
      const world = await worldOf("green");
      const cancel = new AbortController();
      const cluster = silent(world, method, "shop/c01", cancel);
      const limits = { writers: 1, ...hasty };
      const report = await run(world, { cluster }, { ...recreate, limits }, cancel.signal);
      assert.deepEqual([report.recreated, report.failed], [1, 1]);
      const told = report.findings.filter(({ name }) => name === "c01");
      assert.ok(told.length > 0);
      assert.ok(told.some(({ code }) => code === "ARK_OBJECT_NOT_REMADE"));
      const undone = await undo(world, { changedToo: true });
      assert.deepEqual(outcomesOf(undone), ["made again c00", "made again c01"]);
      assert.deepEqual((await modes(world)).get("green"), places);
    });
  }
});

describe("the same restore again, after it was cancelled", () => {
  const cancelledRun = async () => {
    const world = await worldOf();
    const cancel = new AbortController();
    const cluster = cancelAmid(world, "create", cancel);
    const first = await run(world, { cluster }, {}, cancel.signal);
    assert.equal(first.restore.metadata.annotations?.["ark-ts.dev/outcome"], "cancelled");
    return { world, first };
  };

  it("goes on under a name of its own, and leaves as it is what is there", async () => {
    const { world, first } = await cancelledRun();
    const rest = await run(world, {}, { isNameGiven: false }, idle);
    assert.equal(rest.restore.metadata.name, "r1-2");
    assert.equal(rest.restore.status.phase, "Completed", JSON.stringify(rest.findings));
    assert.equal(rest.created, places.length + 1 - first.created);
    assert.equal(rest.skipped, first.created);
    assert.deepEqual((await modes(world)).get("blue"), places);
  });

  it("is refused under its name with what can be done, undo before delete", async () => {
    const { world } = await cancelledRun();
    await assert.rejects(run(world, {}, {}, idle), {
      code: "ARK_NAME_TAKEN",
      advice: /choose another name: .*restore undo r1; ark-ts restore delete r1 removes its record/,
    });
  });
});
