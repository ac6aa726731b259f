import { plantMutant } from "./mutants.ts";
import { scheduleMutants } from "./schedule-mutants.ts";
import { expectedOf } from "./schedule-oracle.ts";

/** `SEED DAYS [MUTANT]`: lives through a year in a process of its own, and prints what came of it. */
const [seed = "1", days = "365", mutant] = process.argv.slice(2);
if (mutant !== undefined) plantMutant(mutant, scheduleMutants);
const { liveThroughYear } = await import("./schedule-year.ts");
const made = await liveThroughYear(Number(seed), Number(days) * 1440);
const wanted = expectedOf(Number(seed)).filter(({ minute }) => minute < Number(days) * 1440);
const tell = ({ schedule, dueMinute, minute }: (typeof made)[number]): string =>
  `${String(minute).padStart(6, "0")} ${schedule} for ${dueMinute}`;
const [theirs, ours] = [wanted.map(tell), made.map(tell)];
const result = {
  made: made.length,
  late: made.filter(({ minute, dueMinute }) => minute > dueMinute).length,
  missing: theirs.filter((one) => !ours.includes(one)),
  unasked: ours.filter((one) => !theirs.includes(one)),
  doubled: ours.filter((one, at) => ours.indexOf(one) !== at),
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));
