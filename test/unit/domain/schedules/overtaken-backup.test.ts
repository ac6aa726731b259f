import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { annotations } from "../../../../src/api/labels.ts";
import { overtakenBy } from "../../../../src/domain/schedules/overtaken-backup.ts";

const madeFor = (name: string, at: string | undefined, schedule = "uid-1") => ({
  metadata: {
    name,
    annotations: {
      [annotations.scheduleUid]: schedule,
      ...(at !== undefined && { [annotations.scheduledFor]: `2026-01-01T${at}:00Z` }),
    },
  },
});

describe("overtakenBy()", () => {
  const backup = madeFor("b", "03:00");

  it("names a Backup for a later time of the same Schedule", () => {
    const others = [backup, madeFor("before", "02:50"), madeFor("after", "03:10")];
    assert.equal(overtakenBy(backup, others), "after");
  });

  it("finds none beside itself, those before it, and those of another Schedule of the name", () => {
    const others = [backup, madeFor("before", "02:50"), madeFor("other", "03:10", "uid-2")];
    assert.equal(overtakenBy(backup, others), undefined);
  });

  it("leaves alone what nobody made for a time", () => {
    const later = madeFor("after", "03:10");
    assert.equal(overtakenBy(madeFor("b", undefined), [later]), undefined);
    assert.equal(overtakenBy({ metadata: { name: "b" } }, [later]), undefined);
    assert.equal(overtakenBy(madeFor("b", "03:00", ""), [madeFor("c", "04:00", "")]), undefined);
  });
});
