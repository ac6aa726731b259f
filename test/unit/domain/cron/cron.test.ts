import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextTime } from "../../../../src/domain/cron/next-time.ts";
import { parseCron } from "../../../../src/domain/cron/parse-cron.ts";

function next(text: string, after: string, zone?: string, count = 1): readonly string[] {
  const schedule = parseCron(text);
  assert.ok(!("problems" in schedule), JSON.stringify(schedule));
  const times: string[] = [];
  let at: Date | undefined = new Date(after);
  while (times.length < count) {
    at = nextTime(schedule, at, zone);
    if (at === undefined) break;
    times.push(at.toISOString().replace(".000", ""));
  }
  return times;
}

function problems(text: string): readonly string[] {
  const schedule = parseCron(text);
  return "problems" in schedule ? schedule.problems : [];
}

/** The table of `stack.md` part 4, by the column of robfig/cron v3; from Friday, 2026-11-20. */
const after = "2026-11-20T12:00:00Z";
const table: readonly (readonly [string, readonly string[] | RegExp])[] = [
  [
    "0 0 13 * 5",
    [
      "2026-11-27T00:00:00Z",
      "2026-12-04T00:00:00Z",
      "2026-12-11T00:00:00Z",
      "2026-12-13T00:00:00Z",
    ],
  ],
  [
    "0 0 */2 * 1",
    [
      "2026-11-21T00:00:00Z",
      "2026-11-23T00:00:00Z",
      "2026-11-25T00:00:00Z",
      "2026-11-27T00:00:00Z",
      "2026-11-29T00:00:00Z",
      "2026-11-30T00:00:00Z",
    ],
  ],
  ["@hourly", ["2026-11-20T13:00:00Z"]],
  ["@daily", ["2026-11-21T00:00:00Z"]],
  ["@weekly", ["2026-11-22T00:00:00Z"]],
  ["@monthly", ["2026-12-01T00:00:00Z"]],
  ["@yearly", ["2027-01-01T00:00:00Z"]],
  ["@annually", ["2027-01-01T00:00:00Z"]],
  ["@midnight", ["2026-11-21T00:00:00Z"]],
  ["@every 1h30m", ["2026-11-20T13:30:00Z", "2026-11-20T15:00:00Z"]],
  ["CRON_TZ=Asia/Tokyo 0 5 * * *", ["2026-11-20T20:00:00Z"]],
  ["TZ=Asia/Tokyo 0 5 * * *", ["2026-11-20T20:00:00Z"]],
  [
    "5/15 * * * *",
    [
      "2026-11-20T12:05:00Z",
      "2026-11-20T12:20:00Z",
      "2026-11-20T12:35:00Z",
      "2026-11-20T12:50:00Z",
      "2026-11-20T13:05:00Z",
    ],
  ],
  ["0 0 * * 7", /^day of week "7": 7 is above 6, the most; Sunday is 0$/],
  ["0 22-2 * * *", /^hour "22-2": 22-2 runs backwards; write 22-23,0-2 where/],
  ["* * * * * *", /^five fields are needed .* has 6; seconds are not among them$/],
  ["0 0 30 2 *", []],
  ["", /^the schedule is empty$/],
  ["* * * *", /^five fields are needed .* has 4$/],
];

describe("cron expressions", () => {
  for (const [text, expected] of table) {
    it(`${JSON.stringify(text)} ${expected instanceof RegExp ? "is refused with a sentence" : "fires when robfig/cron v3 says"}`, () => {
      if (expected instanceof RegExp) assert.match(problems(text).join("; "), expected);
      else assert.deepEqual(next(text, after, "UTC", Math.max(1, expected.length)), expected);
    });
  }

  it("name every field that is wrong, not the first alone", () => {
    assert.deepEqual(problems("60 25 0 foo 1-2-3"), [
      'minute "60": 60 is above 59, the most',
      'hour "25": 25 is above 23, the most',
      'day of month "0": 0 is below 1, the least',
      'month "foo": jan to dec, or a number from 1 to 12 is meant',
      'day of week "1-2-3": one hyphen at most, as in 10-50',
    ]);
  });
  it("name a zone that is not there, and what was probably meant", () => {
    assert.match(
      problems("CRON_TZ=europe/berlin 0 5 * * *").join(),
      /no time zone "europe\/berlin".*is it Europe\/Berlin\?/,
    );
    assert.match(problems("TZ=+01:00 0 5 * * *").join(), /no time zone "\+01:00"/);
    assert.match(
      problems("CRON_TZ=UTC").join(),
      /after CRON_TZ=UTC and a blank, the five fields are missing/,
    );
  });
  it("@every takes whole seconds of a Go duration, and refuses less than one", () => {
    assert.deepEqual(next("@every 1.9s", "2026-01-01T00:00:00.700Z"), ["2026-01-01T00:00:01Z"]);
    assert.match(problems("@every 999ms").join(), /a second is the least/);
    assert.match(problems("@every -1h").join(), /a second is the least/);
    assert.match(problems("@every 7d").join(), /days are no unit of it: 168h/);
  });
  it("what names no zone fires by the one that it is asked for, else by UTC", () => {
    assert.deepEqual(next("0 5 * * *", after, "Asia/Tokyo"), ["2026-11-20T20:00:00Z"]);
    assert.deepEqual(next("0 5 * * *", after), ["2026-11-21T05:00:00Z"]);
    assert.deepEqual(next("TZ=Local 0 5 * * *", after, "Asia/Tokyo"), ["2026-11-20T20:00:00Z"]);
  });
});

describe("daylight saving (regression 38)", () => {
  it("does not fire in the hour that is missing: the next day is the next time", () => {
    assert.deepEqual(next("CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00Z", "UTC", 2), [
      "2026-03-30T00:30:00Z",
      "2026-03-31T00:30:00Z",
    ]);
  });
  it("fires twice in the hour that comes twice", () => {
    assert.deepEqual(
      next("CRON_TZ=America/New_York 30 1 * * *", "2026-11-01T00:00:00Z", "UTC", 3),
      ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z"],
    );
  });
  it("goes by the clock on the wall on both sides of a change", () => {
    assert.deepEqual(next("CRON_TZ=Europe/Berlin 0 3 * * *", "2026-10-24T00:00:00Z", "UTC", 3), [
      "2026-10-24T01:00:00Z",
      "2026-10-25T02:00:00Z",
      "2026-10-26T02:00:00Z",
    ]);
  });
  it("finds its way over a day that is missing, where robfig/cron searches for ever", () => {
    assert.deepEqual(next("TZ=Pacific/Apia 0 0 * * 6", "2011-12-29T12:00:00Z", "UTC", 1), [
      "2011-12-30T10:00:00Z",
    ]);
    assert.deepEqual(next("TZ=Pacific/Apia 0 0 * 1 1", "2011-12-25T12:00:00Z", "UTC", 1), [
      "2012-01-01T10:00:00Z",
    ]);
  });
});
