import { annotations } from "../../api/labels.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { settableWaits, type WaitId, type WaitLimitKey } from "./waits.ts";

/** How a Restore is to be run, as its annotations ask a server; Velero's spec has no field for it. */
export interface RunOptions {
  /** Refuse before the first write where an object would fail. */
  readonly strict: boolean;
  /** Restore what checks out of a damaged backup. */
  readonly allowDamaged: boolean;
  /** Compare, after the run, what was restored with what is there. */
  readonly readBack: boolean;
  /** Wait for restored workloads. Absent: do not. */
  readonly readiness?: { readonly timeoutMs: number; readonly required: boolean };
  readonly limits: Readonly<Partial<Record<WaitLimitKey, number>>>;
}

type Notes = Readonly<Record<string, string>>;

/** How long to wait for workloads where nothing says it. */
export const defaultReadyMs = 300_000;

const flags = [
  annotations.strict,
  annotations.allowDamaged,
  annotations.skipReadBack,
  annotations.requireReady,
] as const;

/** What cannot be read counts as not given: {@link runOptionProblems} tells it. */
export function runOptions(notes: Notes = {}): RunOptions {
  const isSet = (key: string): boolean => notes[key] === "true";
  const required = isSet(annotations.requireReady);
  const ready = positiveMs(notes[annotations.waitForReady]);
  const isAsked = required || notes[annotations.waitForReady] !== undefined;
  return {
    strict: isSet(annotations.strict),
    allowDamaged: isSet(annotations.allowDamaged),
    readBack: !isSet(annotations.skipReadBack),
    ...(isAsked && { readiness: { timeoutMs: ready ?? defaultReadyMs, required } }),
    limits: Object.fromEntries(
      limitTerms(notes).flatMap(({ key, ms }) => {
        return key === undefined || ms === undefined ? [] : [[key, ms]];
      }),
    ),
  };
}

/** Sentences about annotations that cannot be meant; none when they can be used. */
export function runOptionProblems(notes: Notes = {}): readonly string[] {
  const ready = notes[annotations.waitForReady];
  return [
    ...flags.flatMap((key) => {
      const value = notes[key];
      if (value === undefined || value === "true" || value === "false") return [];
      return [`annotation ${key} is true or false, not ${JSON.stringify(value)}`];
    }),
    ...(ready !== undefined && positiveMs(ready) === undefined
      ? [
          `annotation ${annotations.waitForReady} is a duration such as 5m, not ${JSON.stringify(ready)}`,
        ]
      : []),
    ...limitTerms(notes).flatMap(({ text, key, ms }) => {
      if (key !== undefined && ms !== undefined) return [];
      const names = [...settableWaits.keys()].join(", ");
      return [
        `annotation ${annotations.waitLimits}: ${JSON.stringify(text)} is not WAIT=DURATION; waits are ${names}`,
      ];
    }),
  ];
}

interface LimitTerm {
  readonly text: string;
  /** Undefined: there is no such wait. */
  readonly key: WaitLimitKey | undefined;
  readonly ms: number | undefined;
}

function limitTerms(notes: Notes): readonly LimitTerm[] {
  const terms = notes[annotations.waitLimits]?.split(",") ?? [];
  return terms.map((text) => {
    const [wait = "", duration] = text.split("=").map((part) => part.trim());
    return { text, key: settableWaits.get(wait as WaitId), ms: positiveMs(duration) };
  });
}

function positiveMs(text: string | undefined): number | undefined {
  const ms = goDurationMs(text ?? "");
  return ms === undefined || ms <= 0 ? undefined : ms;
}
