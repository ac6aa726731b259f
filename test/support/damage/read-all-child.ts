/** Reads one backup of a directory store in every way and tells the outcome and the peak memory. */
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import { readAll } from "./read-all.ts";

// A million errors are made: their stacks would take most of the time.
Error.stackTraceLimit = 0;
const root = process.argv[2]!;
const passes = process.argv[3] === "one-pass" ? 1 : 3;
const store = createDirectoryStore({ root, display: root, clock: createSystemClock() });
const { objects, ...outcome } = await readAll(store, "b", { keepObjects: false, passes });
const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ ...outcome, objects: objects.length, peakMiB }));
