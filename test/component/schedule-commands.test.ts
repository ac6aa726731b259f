/** The commands of schedules over the in-memory API server, as a user types them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { scheduleKind } from "../../src/api/schedule.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";

describe("ark-ts schedule", () => {
  let world: CommandWorld;
  before(async () => {
    world = await commandWorld();
  });
  after(() => world.close());

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { status, out, err } = await world.ark(["schedule", ...args]);
    assert.equal(status, 0, err);
    return out;
  };
  const specOf = async (name: string) => (await world.read(scheduleKind, name))?.spec;

  it("create writes what Velero's command would, and says when it runs next", async () => {
    const out = await ok(
      ...["create", "nightly", "--schedule", "0 3 * * *", "--ttl", "240h", "--labels", "team=a"],
      ...["--include-namespaces", "shop", "--skip-immediately=false", "--paused=false"],
    );
    assert.match(out, /^schedule nightly created; next at .*, in /);
    assert.deepEqual(await specOf("nightly"), {
      schedule: "0 3 * * *",
      paused: false,
      skipImmediately: false,
      useOwnerReferencesInBackup: false,
      template: { includedNamespaces: ["shop"], ttl: "240h0m0s" },
    });
    assert.deepEqual((await world.read(scheduleKind, "nightly"))?.metadata.labels, { team: "a" });
  });

  it("create refuses what is wrong, names all of it, and writes nothing", async () => {
    const { status, err } = await world.ark([
      ...["schedule", "create", "wrong", "--schedule", "60 3 * * 7"],
      ...["--include-namespaces", "a", "--exclude-namespaces", "b"],
    ]);
    assert.equal(status, 2);
    assert.match(err, /minute "60": 60 is above 59/);
    assert.match(err, /day of week "7": 7 is above 6, the most; Sunday is 0/);
    for (const args of [
      ["create", "no-time"],
      ["create", "", "--schedule", "@daily"],
    ]) {
      assert.notEqual((await world.ark(["schedule", ...args])).status, 0);
    }
    assert.equal(await specOf("wrong"), undefined);
    assert.equal(await specOf("no-time"), undefined);
  });

  it("create with --dry-run=client prints the resource only; where Velero differs it says so", async () => {
    const { out, err } = await world.ark([
      ...["schedule", "create", "dry", "--schedule", "0 0 13 * 5", "--dry-run=client"],
    ]);
    assert.match(out, /kind: Schedule\n(?:.*\n)*spec:\n(?:.*\n)* {2}schedule: 0 0 13 \* 5/);
    assert.match(err, /note: .*Velero 1\.18\.3 wants both to match/);
    assert.equal(await specOf("dry"), undefined);
  });

  it("get shows last, next, and how late", async () => {
    const hours = (back: number) => new Date(Date.now() - back * 3_600_000).toISOString();
    world.seed("Schedule", "late", {
      spec: { schedule: "@every 1h", template: { ttl: "24h0m0s" } },
      status: { phase: "Enabled", lastBackup: `${hours(3.5).slice(0, 19)}Z` },
    });
    world.seed("Schedule", "paused", {
      spec: { schedule: "@every 1h", template: {}, paused: true },
      status: { phase: "Enabled", lastBackup: `${hours(3.5).slice(0, 19)}Z` },
    });
    const [title, ...rows] = (await ok("get")).trimEnd().split("\n");
    assert.match(title ?? "", /^NAME +STATUS +SCHEDULE +LAST BACKUP +NEXT +LATE +BACKUP TTL/);
    assert.match(rows.find((row) => row.startsWith("late")) ?? "", / 30 min.* +24h0m0s/);
    assert.match(rows.find((row) => row.startsWith("paused")) ?? "", / paused +- +- .* true$/);
    assert.match(rows.find((row) => row.startsWith("nightly")) ?? "", / New .* - +20\d\d-.* - /);
    assert.equal((JSON.parse(await ok("get", "-o", "json")) as { items: [] }).items.length, 3);
  });

  it("describe shows the template and its last backups", async () => {
    world.seed("Backup", "late-20260101000000", {
      metadata: {
        name: "late-20260101000000",
        namespace: "ark-ts",
        labels: { "velero.io/schedule-name": "late" },
      },
      spec: {},
      status: { phase: "Completed" },
    });
    const out = await ok("describe", "late");
    assert.match(out, /^Schedule: +@every 1h$/m);
    assert.match(out, /^ {2}ttl: 24h0m0s$/m);
    assert.match(out, /^ {2}late-20260101000000 {3}Completed/m);
  });

  it("pause and unpause write only what was asked for", async () => {
    assert.equal(await ok("pause", "nightly"), "schedule nightly paused\n");
    assert.equal(await ok("pause", "nightly"), "schedule nightly is paused already\n");
    assert.equal((await specOf("nightly"))?.skipImmediately, false);
    await ok("unpause", "nightly", "--skip-immediately");
    const { paused, skipImmediately } = (await specOf("nightly")) ?? {};
    assert.deepEqual([paused, skipImmediately], [false, true]);
    assert.equal((await world.ark(["schedule", "pause"])).status, 2, "which?");
  });

  it("preview knows schedules by their names as well", async () => {
    const out = await ok("preview", "nightly", "-n", "2", "--from", "2026-01-01T00:00:00Z");
    assert.equal(out, "UTC\n2026-01-01 03:00:00 UTC\n2026-01-02 03:00:00 UTC\n");
  });

  it("delete asks, and leaves the backups", async () => {
    assert.equal((await world.ark(["schedule", "delete", "late"])).status, 2);
    assert.match(
      await ok("delete", "late", "--confirm"),
      /schedule late deleted; its backups stay/,
    );
    assert.equal(await specOf("late"), undefined);
    assert.match((await world.ark(["backup", "get"])).out, /late-20260101000000/);
    assert.match((await world.ark(["schedule", "get", "nightl"])).err, /did you mean nightly\?/);
  });
});

describe("ark-ts schedule without a server", () => {
  it("preview of an expression asks no cluster; the others say what to do instead", async () => {
    const world = await commandWorld({ lease: false });
    try {
      const asked = ["schedule", "preview", "CRON_TZ=Europe/Berlin 30 2 * * *", "-n", "1"];
      const { out } = await world.ark([...asked, "--from", "2026-03-28T12:00:00Z"]);
      assert.match(out, /2026-03-30 02:30:00 .*2026-03-29 02:30 does not exist in Europe\/Berlin/);
      const { status, err } = await world.ark(["schedule", "get"]);
      assert.equal(status, 2);
      assert.match(err, /schedules need an ark-ts server, and this is standalone mode/);
      assert.match(err, /0 3 \* \* \* ark-ts backup create nightly-/);
    } finally {
      await world.close();
    }
  });
});
