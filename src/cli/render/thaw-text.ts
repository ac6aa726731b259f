import type { ThawOutcome } from "../../backup/hooks/pay-thaws.ts";
import type { StoredThaw } from "../../catalog/thaw-records.ts";
import type { OwedThaw } from "../../format/thaw-record.ts";
import { counted } from "./amounts.ts";
import type { DescriptionLine } from "./description.ts";
import { reportLine } from "./finding-lines.ts";
import { localTime, type TimeStyle } from "./local-time.ts";
import type { Painter } from "./painter.ts";

/** What became of each owed post hook, and what to do about the rest. */
export function thawsText(
  name: string,
  outcomes: readonly ThawOutcome[],
  painter: Painter,
): string {
  if (outcomes.length === 0) return `backup ${name} owes no post hooks to pods\n`;
  const owed = outcomes.filter(({ state }) => state === "failed" || state === "undeclared");
  const settled = outcomes.length - owed.length;
  const head = `backup ${name}: ${counted(settled, "post hook")} settled, ${owed.length} still owed\n`;
  const lines = outcomes.map((outcome) => {
    const isOwed = outcome.state === "failed" || outcome.state === "undeclared";
    return reportLine(labelOf(outcome), textOf(outcome), isOwed ? painter.bad : painter.dim);
  });
  const advice =
    owed.length === 0
      ? ""
      : `\nthese pods may be frozen; when they are not, or are no more: ark-ts backup thaw ${name} --forget\n`;
  return `${head}${lines.join("")}${advice}`;
}

function labelOf({ state }: ThawOutcome): string {
  if (state === "paid") return "thawed";
  return state === "gone" ? "needless" : "frozen";
}

function textOf(outcome: ThawOutcome): string {
  const place = describeThaw(outcome.thaw);
  if (outcome.state === "paid") return place;
  if (outcome.state === "undeclared") return `${place}: not run, as you have not agreed`;
  return `${place}: ${outcome.why}`;
}

/** `shop/db-0, container main: fsfreeze -u /data` */
function describeThaw({ namespace, pod, container, command }: OwedThaw): string {
  return `${namespace}/${pod}, container ${container}: ${shown(command.join(" "))}`;
}

/** Records come from a bucket: nothing in them may steer a terminal. */
function shown(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, " ");
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

export function undeclaredQuestion(thaws: readonly OwedThaw[]): string {
  const lines = thaws.map((thaw) => `  ${describeThaw(thaw)}`);
  return [
    "The location says that these commands are owed, and the pods' annotations do not have them",
    "(they came with the backup's spec, or somebody else has written to the location):",
    ...lines,
    "Run them with your rights?",
  ].join("\n");
}

/** Stable shape of `-o json` and `-o yaml`. */
export function thawJson(name: string, outcomes: readonly ThawOutcome[]): unknown {
  return {
    backup: name,
    postHooks: outcomes.map((outcome) => ({
      ...outcome.thaw,
      state: outcome.state,
      ...("why" in outcome ? { why: outcome.why } : {}),
    })),
  };
}

/** Pods that a backup may have left frozen, in its description; `place`: flags that name the location. */
export function frozenLines(
  thaws: readonly StoredThaw[],
  style: TimeStyle,
  place?: string,
): readonly DescriptionLine[] {
  if (thaws.length === 0) return [];
  const lines = thaws.flatMap(({ record }) => {
    const since = localTime(record.since, style);
    const why = record.lastError === undefined ? "" : `\n  ${shown(record.lastError)}`;
    return record.thaws.map((thaw) => `${describeThaw(thaw)}\n  since ${since}${why}`);
  });
  const [first] = thaws;
  const name = first?.record.backup ?? "";
  const advice = `to thaw them: ark-ts backup thaw ${name}${place === undefined ? "" : ` ${place}`}`;
  return [{ key: "May be frozen", value: [...lines, advice].join("\n") }, ""];
}

/** The same for json and yaml. */
export function frozenJson(thaws: readonly StoredThaw[]): unknown {
  return thaws.flatMap(({ record }) =>
    record.thaws.map((thaw) => ({
      ...thaw,
      since: record.since,
      attempts: record.attempts,
      ...(record.lastError === undefined ? {} : { lastError: record.lastError }),
    })),
  );
}
