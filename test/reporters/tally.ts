/** What the reporter remembers of a run: counts and times by file and group, and every skip. */
import type { TestEvent } from "node:test/reporters";
import { formatElapsed } from "../testbed/progress.ts";
import { groupOf, rankOf, serverGroups, toTestPath } from "./test-groups.ts";

export interface Skip {
  readonly file: string;
  readonly title: string;
  readonly reason: string;
}

interface Counts {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
}

export interface GroupCounts extends Counts {
  readonly group: string;
  readonly files: number;
}

/** What Node says when a test, a suite or a file is through; in the order in which that happens. */
type Completion = Extract<TestEvent, { type: "test:complete" }>["data"];

/** A skip whose reason starts so was asked for on the command line, also in CI. */
const byFlag = "by flag:";

/** In CI every test against real servers has to run, or nobody would notice that none did. */
export function isExcused(skip: Skip): boolean {
  return !serverGroups.includes(groupOf(skip.file)) || skip.reason.startsWith(byFlag);
}

/** As much of a message is shown at once; all of it stands at the end. */
const shownLines = 60;

/** What a test says that has failed, indented, at once: a run that is cut off later tells nothing. */
function messageOf({ error }: Completion["details"]): string {
  const { cause } = (error ?? {}) as { readonly cause?: unknown };
  const said = cause instanceof Error ? cause.message : (error?.message ?? "");
  const lines = said.split("\n");
  const more = lines.length - shownLines;
  const shown = [...lines.slice(0, shownLines), ...(more > 0 ? [`… ${more} lines more`] : [])];
  return shown.map((line) => `    ${line}\n`).join("");
}

const none: Counts = { tests: 0, failed: 0, skipped: 0, ms: 0 };

function sum(a: Counts, b: Counts): Counts {
  return {
    tests: a.tests + b.tests,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    // Files run two at a time: this is work, not time by the clock.
    ms: a.ms + b.ms,
  };
}

function toCounts(data: Completion): Counts {
  const failed = !data.details.passed && data.todo === undefined;
  const skipped = data.skip !== undefined && data.skip !== false;
  const isTest = data.details.type !== "suite";
  return {
    tests: isTest ? 1 : 0,
    failed: isTest && failed ? 1 : 0,
    skipped: skipped ? 1 : 0,
    ms: 0,
  };
}

export interface Tally {
  readonly skips: readonly Skip[];
  /** Counts a test or suite, and renders it if it failed. */
  add(data: Completion): Generator<string>;
  /** Counts a file's time and renders its line. */
  closeFile(data: Completion): Generator<string>;
  hasFailed(file: string): boolean;
  groups(): GroupCounts[];
}

export function createTally(): Tally {
  const files = new Map<string, Counts>();
  const skips: Skip[] = [];
  const count = (file: string, more: Counts): Counts => {
    const counts = sum(files.get(file) ?? none, more);
    files.set(file, counts);
    return counts;
  };
  return {
    skips,
    *add(data) {
      const file = toTestPath(data.file ?? "");
      const counts = toCounts(data);
      count(file, counts);
      if (counts.failed > 0) yield `✖ ${file}: ${data.name}\n${messageOf(data.details)}`;
      if (counts.skipped === 0) return;
      const reason = typeof data.skip === "string" ? data.skip : "";
      skips.push({ file, title: data.name, reason: reason === "" ? "no reason given" : reason });
    },
    *closeFile(data) {
      const file = toTestPath(data.name);
      const ms = data.details.duration_ms;
      const counts = count(file, { ...none, ms });
      // Without a failed test in it, it is the file itself that did not load or end well.
      const failed = counts.failed > 0 || !data.details.passed;
      const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
      yield `${failed ? "✖" : "✔"} ${file}  ${counts.tests} tests${skipped}  ${formatElapsed(ms)}\n`;
      if (failed && counts.failed === 0) count(file, { ...none, failed: 1 });
    },
    hasFailed: (file) => (files.get(toTestPath(file))?.failed ?? 0) > 0,
    groups: () => {
      const groups = new Map<string, GroupCounts>();
      for (const [file, counts] of files) {
        const group = groupOf(file);
        const known = groups.get(group);
        groups.set(group, { group, files: (known?.files ?? 0) + 1, ...sum(known ?? none, counts) });
      }
      return [...groups.values()].sort((a, b) => rankOf(a.group) - rankOf(b.group));
    },
  };
}
