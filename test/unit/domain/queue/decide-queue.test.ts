import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideQueue } from "../../../../src/domain/queue/decide-queue.ts";
import {
  isQueueNews,
  needsNamespaces,
  queuedRuns,
} from "../../../../src/domain/queue/queued-runs.ts";

interface Given {
  readonly phase?: string;
  readonly from?: readonly string[];
  readonly not?: readonly string[];
  readonly at?: number;
  readonly priority?: string;
  readonly position?: number;
  /** Being deleted, held by this finalizer. */
  readonly heldBy?: string;
}

const cluster = ["blog", "shop", "shop-dev", "web"];

function resource(name: string, given: Given) {
  const { phase, from = [], not = [], at = 0, priority, position, heldBy } = given;
  return {
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:0${at}Z`,
      ...(heldBy !== undefined && {
        deletionTimestamp: "2026-01-02T00:00:00Z",
        finalizers: [heldBy],
      }),
      ...(priority !== undefined && { annotations: { "ark-ts.dev/priority": priority } }),
    },
    spec: { includedNamespaces: from, excludedNamespaces: not },
    ...(phase !== undefined && { status: { phase, queuePosition: position } }),
  } as never;
}

function decide(
  backups: Readonly<Record<string, Given>>,
  {
    places = 9,
    restores = {},
    namespaces = cluster,
  }: {
    readonly places?: number;
    readonly restores?: Readonly<Record<string, Given>>;
    readonly namespaces?: readonly string[];
  } = {},
) {
  const all = (given: Readonly<Record<string, Given>>) =>
    Object.entries(given).map(([name, one]) => resource(name, one));
  const runs = queuedRuns({ backups: all(backups), restores: all(restores) }, namespaces);
  const { start, waiting } = decideQueue(runs, places);
  return {
    start: start.map(({ name }) => name),
    waiting: waiting.map(({ run, position, behind }) => [run.name, position, behind?.name]),
  };
}

describe("decideQueue()", () => {
  it("starts in the order of creation, as many as there are places", () => {
    const backups = {
      late: { at: 3, from: ["web"] },
      early: { at: 1, from: ["shop"] },
      middle: { at: 2, from: ["blog"] },
    };
    assert.deepEqual(decide(backups, { places: 2 }), {
      start: ["early", "middle"],
      waiting: [["late", 1, undefined]],
    });
  });

  it("keeps the order of places for those of one second, and then of names", () => {
    const backups = {
      a: { phase: "Queued", position: 2 },
      b: { phase: "Queued", position: 1 },
      d: {},
      c: { phase: "New" },
    };
    const { start, waiting } = decide(backups);
    assert.deepEqual(start, ["b"]);
    assert.deepEqual(waiting, [
      ["a", 1, "b"],
      ["c", 2, "b"],
      ["d", 3, "b"],
    ]);
  });

  it("lets a higher priority go first, and takes no number for none", () => {
    const backups = {
      first: { at: 1, priority: "soon" },
      second: { at: 2, priority: "10" },
      third: { at: 3, priority: "-1" },
    };
    const { start, waiting } = decide(backups, { places: 1 });
    assert.deepEqual(start, ["second"]);
    assert.deepEqual(
      waiting.map(([name]) => name),
      ["first", "third"],
    );
  });

  it("does not run two at once whose namespaces meet once globs are expanded", () => {
    const backups = {
      one: { at: 1, from: ["shop*"] },
      two: { at: 2, from: ["*-dev"] },
      three: { at: 3, from: ["web"] },
    };
    assert.deepEqual(decide(backups), {
      start: ["one", "three"],
      waiting: [["two", 1, "one"]],
    });
  });

  it("takes a backup of everything but a namespace for what it is", () => {
    const backups = { all: { at: 1, not: ["web"] }, web: { at: 2, from: ["web"] } };
    assert.deepEqual(decide(backups).start, ["all", "web"]);
    assert.deepEqual(decide({ ...backups, shop: { at: 3, from: ["shop"] } }).waiting, [
      ["shop", 1, "all"],
    ]);
  });

  it("takes globs for everything where namespaces cannot be listed", () => {
    const backups = {
      one: resource("one", { from: ["shop*"] }),
      web: resource("web", { from: ["web"] }),
    };
    const runs = queuedRuns({ backups: Object.values(backups), restores: [] }, undefined);
    assert.equal(decideQueue(runs, 9).start.length, 1);
  });

  it("lets nobody overtake one that waits and whom they would meet", () => {
    const backups = {
      running: { phase: "InProgress", from: ["shop"] },
      wide: { at: 1, from: ["shop", "web"] },
      web: { at: 2, from: ["web"] },
      blog: { at: 3, from: ["blog"] },
    };
    assert.deepEqual(decide(backups), {
      start: ["blog"],
      waiting: [
        ["wide", 1, "running"],
        ["web", 2, "wide"],
      ],
    });
  });

  it("33: is not held up by what has failed validation or has ended", () => {
    const backups = {
      invalid: { phase: "FailedValidation" },
      failed: { phase: "Failed" },
      done: { phase: "Completed" },
      deleting: { phase: "Deleting" },
      next: { phase: "", at: 9 },
    };
    assert.deepEqual(decide(backups, { places: 1 }), { start: ["next"], waiting: [] });
  });

  it("counts what was chosen and has not begun, and not what waits for operations", () => {
    const at = { from: ["shop"] };
    const chosen = { chosen: { phase: "ReadyToStart", ...at }, next: { from: ["web"], at: 1 } };
    assert.deepEqual(decide(chosen, { places: 1 }).start, []);
    const open = { open: { phase: "WaitingForPluginOperations", ...at }, next: { ...at, at: 1 } };
    assert.deepEqual(decide(open, { places: 1 }).start, ["next"]);
  });

  it("waits for none that is being deleted, but for a restore that runs until it lets go", () => {
    const backups = { b: {} };
    const ours = "restores.velero.io/external-resources-finalizer";
    const held = (phase: string, heldBy: string) => ({ restores: { r: { phase, heldBy } } });
    assert.deepEqual(decide(backups, held("New", "example.com/theirs")).start, ["b"]);
    assert.deepEqual(decide(backups, held("New", ours)).start, ["b"]);
    assert.deepEqual(decide(backups, held("InProgress", "example.com/theirs")).start, ["b"]);
    assert.deepEqual(decide(backups, held("InProgress", ours)).start, []);
    const going = { gone: { phase: "InProgress", heldBy: "example.com/theirs" }, ...backups };
    assert.deepEqual(decide(going).start, ["b"]);
  });

  it("gives restores places of their own, before backups, and keeps them off the same namespaces", () => {
    const backups = { b: { from: ["shop"] }, other: { from: ["web"], at: 1 } };
    const restores = { r: { from: ["shop"], at: 9 } };
    assert.deepEqual(decide(backups, { restores, places: 1 }), {
      start: ["r", "other"],
      waiting: [["b", 1, "r"]],
    });
  });
});

describe("isQueueNews()", () => {
  it("is what a decision depends on, and neither progress nor places", () => {
    const one: Given = { phase: "Queued", from: ["shop"], position: 2 };
    const isNews = (other: Given) => isQueueNews(resource("b", one), resource("b", other));
    assert.equal(isNews({ ...one, position: 1 }), false);
    for (const change of [
      { phase: "ReadyToStart" },
      { from: ["web"] },
      { priority: "1" },
      { heldBy: "example.com/theirs" },
    ]) {
      assert.equal(isNews({ ...one, ...change }), true, JSON.stringify(change));
    }
    const doing = (text: string) => ({
      metadata: { name: "b", annotations: { "ark-ts.dev/doing": text } },
      spec: {},
    });
    assert.equal(isQueueNews(doing("{}"), doing('{"kindsDone":1}')), false);
    assert.equal(isQueueNews(undefined, resource("b", one)), true);
    assert.equal(isQueueNews(resource("b", one), undefined), true);
  });
});

describe("needsNamespaces()", () => {
  it("is so only where a backup that is not over takes namespaces by pattern, or all", () => {
    const of = (given: Given) => needsNamespaces([resource("b", given)]);
    assert.equal(of({ from: ["shop"] }), false);
    assert.equal(of({ from: ["shop*"] }), true);
    assert.equal(of({}), true);
    assert.equal(of({ phase: "Completed" }), false);
  });
});
