import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { namedSnapshotLocations } from "../../../../src/domain/backups/backup-defaults.ts";
import { snapshotLocationViolations } from "../../../../src/domain/backups/backup-violations.ts";

const location = (name: string, provider: string) => ({ name, provider });

describe("snapshotLocationViolations()", () => {
  const known = [location("west", "aws"), location("east", "aws"), location("one", "gcp")];

  it("asks to name one of several of a provider, as Velero does", () => {
    const [problem, ...others] = snapshotLocationViolations({}, known);
    assert.match(problem ?? "", /^provider aws has more than one .*: choose one of east, west in /);
    assert.deepEqual(others, []);
    const named = { volumeSnapshotLocations: ["one"] };
    assert.equal(snapshotLocationViolations(named, known).length, 1);
  });

  it("is content where one is named, each provider has one, or no snapshots are wanted", () => {
    const named = { volumeSnapshotLocations: ["west"] };
    assert.deepEqual(snapshotLocationViolations(named, known), []);
    assert.deepEqual(snapshotLocationViolations({}, known.slice(1)), []);
    assert.deepEqual(snapshotLocationViolations({ snapshotVolumes: false }, known), []);
  });

  it("is content with what the server was told, which must be there and of that provider", () => {
    const check = (defaults: Readonly<Record<string, string>>) => {
      const named = namedSnapshotLocations({}, known, defaults);
      return snapshotLocationViolations({ volumeSnapshotLocations: [...named] }, known).join("\n");
    };
    assert.equal(check({ aws: "east", gcp: "nowhere", azure: "nowhere" }), "");
    assert.match(check({ aws: "moon" }), /no volume snapshot location "moon"/);
    assert.match(check({ aws: "one" }), /^provider aws has more than one/);
  });

  it("names locations that are not there, and two of one provider", () => {
    const names = { volumeSnapshotLocations: ["moon", "west", "east"] };
    const problems = snapshotLocationViolations(names, known).join("\n");
    assert.match(problems, /no volume snapshot location "moon"\n.*"west" and "east" are of one/);
  });
});
