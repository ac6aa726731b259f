import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { nextTime } from "../../src/domain/cron/next-time.ts";
import { parseCron } from "../../src/domain/cron/parse-cron.ts";
import { createRandom, type Random } from "../simulation/random.ts";
import { askCronTimes, type CronAnswer, type CronQuestion } from "../support/cron-times.ts";
import { whyNoGo } from "../testbed/go-toolchain.ts";

const seed = process.env["ARK_CRON_SEED"] ?? "1";
const cases = Number(process.env["ARK_CRON_CASES"] ?? 6_000);
const skip = process.env["CI"] === undefined ? await whyNoGo() : undefined;

/**
 * Zones whose rules differ in what they put a program through, and are told alike by Go and ICU. Not
 * Pacific/Apia: robfig/cron searches for ever where a whole day is missing, as there in 2011.
 */
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  // Half an hour of daylight saving.
  "Australia/Lord_Howe",
  // Midnight is what is missing or comes twice.
  "America/Sao_Paulo",
  "America/Havana",
  "Asia/Beirut",
  "Atlantic/Azores",
  // At one minute past midnight, until 2011.
  "America/St_Johns",
  "Pacific/Chatham",
  "Asia/Kolkata",
  "US/Pacific",
];

const names: Readonly<Record<string, string>> = {
  months: "jan feb mar apr may jun jul aug sep oct nov dec JAN Feb",
  days: "sun mon tue wed thu fri sat SUN Mon",
};

function drawValue(random: Random, min: number, max: number, words: string | undefined): string {
  if (words !== undefined && random.chance(0.3)) return random.pick(words.split(" "));
  // Now and then outside of what is allowed.
  const value = random.chance(0.03) ? max + 1 + random.int(3) : min + random.int(max - min + 1);
  return random.chance(0.05)
    ? random.pick([`0${value}`, `+${value}`, `${value}x`, ""])
    : `${value}`;
}

function drawPart(random: Random, min: number, max: number, words?: string): string {
  const value = (): string => drawValue(random, min, max, words);
  const range = (): string => {
    const ends = [min + random.int(max - min + 1), min + random.int(max - min + 1)];
    if (random.chance(0.9)) ends.sort((one, other) => one - other);
    return random.chance(0.2) ? `${value()}-${value()}` : ends.join("-");
  };
  const step = (): string => random.pick(["1", "2", "3", "5", "7", "15", `${1 + random.int(70)}`]);
  const roll = random.next();
  if (roll < 0.45) return value();
  if (roll < 0.65) return range();
  if (roll < 0.75) return `${random.pick(["*", "?"])}/${step()}`;
  if (roll < 0.82) return `${value()}/${step()}`;
  if (roll < 0.9) return `${range()}/${step()}`;
  if (roll < 0.96) return random.pick(["*", "?"]);
  return random.pick(["*-5", "?-x", "1-2-3", "*/0", "*/2/3", "-", "", "L", "1#2", "H", "*/1"]);
}

function drawField(random: Random, min: number, max: number, words?: string): string {
  if (random.chance(0.25)) return "*";
  const count = random.chance(0.7) ? 1 : 1 + random.int(4);
  return Array.from({ length: count }, () => drawPart(random, min, max, words)).join(",");
}

function drawText(random: Random): string {
  const zone = random.chance(0.25)
    ? `${random.pick(["TZ=", "CRON_TZ="])}${random.chance(0.1) ? random.pick(["Mars/Base", "", "Local", "europe/berlin", "+01:00", "../UTC"]) : random.pick(zones)} `
    : "";
  const roll = random.next();
  if (roll < 0.04) {
    return `${zone}${random.pick(["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually", "@never", "@Daily", "@reboot"])}`;
  }
  if (roll < 0.08) {
    return `${zone}@every ${random.pick(["90m", "1h30m", "1.5h", "1h0.7s", "2562047h", "7d", "", "x", " 1h", "1h 2m", "86400s"])}`;
  }
  if (roll < 0.1) {
    return random.pick([
      "",
      "* * * *",
      "* * * * * *",
      "TZ=UTC",
      "TZ=UTC ",
      "CRON_TZ=UTC\t* * * * *",
      " 5 4 * * *",
      " TZ=UTC * * * * *",
      "5\t4  * * *\n",
      ", * * * *",
      "* , * * *",
      "* * , * 5",
      "* * * * ,",
    ]);
  }
  return `${zone}${[
    drawField(random, 0, 59),
    drawField(random, 0, 23),
    drawField(random, 1, 31),
    drawField(random, 1, 12, names["months"]),
    drawField(random, 0, 6, names["days"]),
  ].join(random.pick([" ", " ", "  ", "\t"]))}`;
}

/** Starts near the changes of clocks as often as elsewhere. */
function drawStart(random: Random): number {
  const from = Date.UTC(2007, 0, 1);
  const anywhere = from + random.int(19 * 365 * 86_400) * 1000 + random.int(1000);
  if (random.chance(0.5)) return anywhere;
  const at = new Date(anywhere);
  const month = random.pick([1, 2, 3, 9, 9, 10, 11]);
  const day = 1 + random.int(30);
  return Date.UTC(at.getUTCFullYear(), month, day, random.int(24), random.int(60), random.int(60));
}

function ours({ text, zone, afterMs, count }: CronQuestion): CronAnswer {
  const schedule = parseCron(text);
  if ("problems" in schedule) return { problem: schedule.problems.join("; "), seconds: [] };
  const seconds: number[] = [];
  let at: Date | undefined = new Date(afterMs);
  while (seconds.length < count) {
    at = nextTime(schedule, at, zone);
    if (at === undefined) break;
    seconds.push(at.getTime() / 1000);
  }
  return { seconds };
}

const told = ({ problem, seconds }: CronAnswer): string =>
  problem === undefined
    ? seconds.map((second) => new Date(second * 1000).toISOString()).join(" ")
    : "refused";

/** What docs/compatibility.md says of them is seen here. */
const velero1183 = [
  {
    text: "0 0 13 * 5",
    robfig: "2026-04-03T00:00:00.000Z 2026-04-10T00:00:00.000Z",
    velero: "2026-11-13T00:00:00.000Z 2027-08-13T00:00:00.000Z",
  },
  {
    text: "CRON_TZ=Europe/Berlin 30 2 * * *",
    robfig: "2026-03-30T00:30:00.000Z 2026-03-31T00:30:00.000Z",
    velero: "2026-03-29T01:30:00.000Z 2026-03-30T00:30:00.000Z",
  },
  {
    text: "0 22-2 * * *",
    robfig: "refused",
    velero: "2026-03-28T22:00:00.000Z 2026-03-28T23:00:00.000Z",
  },
  {
    text: "0 0 * * 7",
    robfig: "refused",
    velero: "2026-03-29T00:00:00.000Z 2026-04-05T00:00:00.000Z",
  },
];

describe("cron expressions beside robfig/cron v3 itself", { skip: skip ?? false }, () => {
  let questions: readonly CronQuestion[];
  let answers: readonly CronAnswer[];
  before(async () => {
    const random = createRandom(seed);
    questions = Array.from({ length: cases }, () => ({
      text: drawText(random),
      zone: random.pick(zones),
      afterMs: drawStart(random),
      count: 5,
    }));
    answers = await askCronTimes(questions);
  });

  it(`${cases} drawn expressions, zones and times: valid alike, and fire at the same times (ARK_CRON_SEED=${seed})`, (t) => {
    const wrong = questions.flatMap((question, at) => {
      const theirs = told(answers[at] as CronAnswer);
      const mine = told(ours(question));
      return mine === theirs
        ? []
        : [`${JSON.stringify(question)}\n  robfig ${theirs}\n  ark-ts ${mine}`];
    });
    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} differ`);
    const refused = answers.filter(({ problem }) => problem !== undefined).length;
    const never = answers.filter(
      ({ problem, seconds }) => problem === undefined && seconds.length < 5,
    );
    t.diagnostic(`${refused} refused by both, ${never.length} fire for the last time or never`);
    // The draw is worth something only while all of these are in it.
    assert.ok(refused > cases / 20 && refused < cases / 2);
    assert.ok(never.length > 0);
  });

  for (const { text, robfig, velero } of velero1183) {
    it(`${JSON.stringify(text)} means something else to Velero 1.18.3 than to robfig/cron and ark-ts`, async () => {
      const question = { text, zone: "UTC", afterMs: Date.UTC(2026, 2, 28, 12), count: 2 };
      const [one, other] = await askCronTimes([question, { ...question, library: "velero" }]);
      assert.deepEqual([told(one as CronAnswer), told(other as CronAnswer)], [robfig, velero]);
      assert.equal(told(ours(question)), robfig);
    });
  }
});
