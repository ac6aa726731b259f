import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backupPhases } from "../../../src/api/backup-phases.ts";
import { downloadRequestKind } from "../../../src/api/download-request.ts";
import { isTerminal, mayFollow } from "../../../src/api/phase-table.ts";
import { restorePhases } from "../../../src/api/restore-phases.ts";
import { scheduleKind } from "../../../src/api/schedule.ts";
import { transferPhases } from "../../../src/api/transfer-phases.ts";
import { veleroKinds } from "../../../src/api/velero-kinds.ts";

/** The phases that `from` leads to, itself included. */
function reachable(next: Readonly<Record<string, readonly string[]>>, from: string): Set<string> {
  const seen = new Set([from]);
  for (const phase of seen) for (const one of next[phase] ?? []) seen.add(one);
  return seen;
}

describe("phase tables", () => {
  for (const { kind, phases: table, status } of veleroKinds) {
    it(`${kind}: the CRD allows exactly the phases of the table`, () => {
      assert.deepEqual(status.properties?.["phase"]?.enum, table.phases);
    });
    it(`${kind}: names no phase that it does not have`, () => {
      const named = [...Object.values(table.next).flat(), ...table.terminal];
      assert.deepEqual(
        named.filter((phase) => !table.phases.includes(phase)),
        [],
      );
    });
    it(`${kind}: every phase can be reached, and every run can end`, () => {
      const first = table.phases.includes("New") ? "New" : (table.phases[0] as string);
      assert.deepEqual([...reachable(table.next, first)].sort(), [...table.phases].sort());
      if (table.terminal.length === 0) return;
      for (const phase of table.phases.filter((one) => one !== "Deleting")) {
        const ends = [...reachable(table.next, phase)].filter((one) =>
          table.terminal.includes(one),
        );
        assert.notEqual(ends.length, 0, `${phase} leads nowhere`);
      }
    });
    it(`${kind}: clients wait for an end, and for a field that is there`, () => {
      for (const awaited of table.awaited) {
        if (awaited === "status.downloadURL") {
          assert.ok(status.properties?.["downloadURL"]);
        } else if (table.terminal.length > 0) {
          assert.ok(isTerminal(table, awaited), awaited);
        }
      }
    });
  }

  it("an end of a backup or restore is never left, but for the deletion of a backup", () => {
    for (const phase of backupPhases.terminal) {
      assert.deepEqual(backupPhases.next[phase], ["Deleting"]);
    }
    for (const phase of restorePhases.terminal) assert.deepEqual(restorePhases.next[phase], []);
    for (const phase of transferPhases.terminal) assert.deepEqual(transferPhases.next[phase], []);
  });

  it("what has once partially failed cannot complete any more", () => {
    for (const next of [backupPhases.next, restorePhases.next]) {
      for (const phase of ["FinalizingPartiallyFailed", "PartiallyFailed"] as const) {
        assert.ok(!reachable(next, phase).has("Completed"), phase);
      }
      const waiting = "WaitingForPluginOperationsPartiallyFailed";
      assert.ok(!reachable(next, waiting).has("Completed"));
    }
  });

  it("Velero's command waits for the URL of a download, not for its phase", () => {
    assert.deepEqual(downloadRequestKind.phases.awaited, ["status.downloadURL"]);
  });
});

describe("mayFollow()", () => {
  const cases: readonly (readonly [string | undefined, string, boolean])[] = [
    [undefined, "New", true],
    ["", "Queued", true],
    [undefined, "InProgress", false],
    ["New", "Queued", true],
    ["InProgress", "InProgress", true],
    ["InProgress", "Completed", false],
    ["Finalizing", "Completed", true],
    ["Completed", "InProgress", false],
    ["Completed", "Deleting", true],
    ["Nonsense", "Completed", false],
    ["New", "Nonsense", false],
  ];
  for (const [from, to, expected] of cases) {
    it(`a backup that is ${from === "" ? "empty" : from} ${expected ? "may" : "may not"} become ${to}`, () => {
      assert.equal(mayFollow(backupPhases, from, to), expected);
    });
  }

  it("lets a schedule become valid and invalid again and again", () => {
    const { phases } = scheduleKind;
    assert.ok(mayFollow(phases, "Enabled", "FailedValidation"));
    assert.ok(mayFollow(phases, "FailedValidation", "Enabled"));
    assert.ok(!mayFollow(phases, "Enabled", "New"));
  });
});
