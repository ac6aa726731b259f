import type { HookErrorMode } from "../../api/backup.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { decodeJson } from "../../lib/json-text.ts";
import { effectiveTimeoutMs } from "./pod-hook.ts";

/** What every annotation of a backup hook has in its key. */
export const hookAnnotationMark = "hook.backup.velero.io/";

export interface AnnotatedHook {
  readonly container: string;
  readonly command: readonly string[];
  readonly onError: HookErrorMode | "";
  readonly timeoutMs: number;
  readonly notes: readonly string[];
}

/**
 * The hook that `<prefix>hook.backup.velero.io/{command,container,on-error,timeout}` describe;
 * undefined without a command. An unknown on-error counts as none, a timeout that is no Go duration
 * as the default.
 */
export function hookAnnotation(
  annotations: Readonly<Record<string, string>>,
  prefix: "pre." | "post." | "",
): AnnotatedHook | undefined {
  const value = (name: string): string => {
    const key = `${prefix}${hookAnnotationMark}${name}`;
    return Object.hasOwn(annotations, key) ? (annotations[key] ?? "") : "";
  };
  const command = value("command");
  if (command === "") return undefined;
  const onError = value("on-error");
  const timeout = value("timeout");
  const givenMs = timeout === "" ? 0 : goDurationMs(timeout);
  const notes: string[] = [];
  const key = (name: string) => `annotation ${prefix}${hookAnnotationMark}${name}`;
  if (givenMs === undefined) {
    notes.push(`${key("timeout")} is no duration: ${JSON.stringify(timeout)}; 30s is used`);
  }
  const known = onError === "Continue" || onError === "Fail";
  if (!known && onError !== "") {
    const quoted = JSON.stringify(onError);
    notes.push(`${key("on-error")} is neither Continue nor Fail: ${quoted}; it is left out`);
  }
  notes.push(...brokenList(key("command"), command));
  return {
    container: value("container"),
    command: commandOf(command),
    onError: known ? onError : "",
    timeoutMs: effectiveTimeoutMs(givenMs ?? 0),
    notes,
  };
}

const names: ReadonlySet<string> = new Set(["command", "container", "on-error", "timeout"]);

/** Annotations of hooks that say nothing: misspelt, or beside no command. Sentences. */
export function idleAnnotations(annotations: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(annotations).flatMap((key) => {
    const [prefix = "", name = ""] = key.split(hookAnnotationMark);
    if (!["pre.", "post.", ""].includes(prefix)) return [];
    if (!names.has(name)) {
      return [
        `annotation ${key} is none of hooks, and has no effect: known are ${[...names].join(", ")}`,
      ];
    }
    const command = `${prefix}${hookAnnotationMark}command`;
    if ((annotations[command] ?? "") !== "") return [];
    return [`annotation ${key} has no effect: there is no command in ${command}`];
  });
}

/** A JSON array of strings, or any other text as one word. */
export function commandOf(text: string): readonly string[] {
  return listOf(text) ?? [text];
}

/** A sentence for a command that begins as a list and is none: it is one word, as for Velero. */
export function brokenList(key: string, text: string): readonly string[] {
  if (!text.trimStart().startsWith("[") || listOf(text) !== undefined) return [];
  return [
    `${key} begins as a JSON list and is no list of texts: ${text} is run as one word, the name of a program`,
  ];
}

function listOf(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const parsed = decodeJson(text) as unknown;
    const isText = (word: unknown) => typeof word === "string" || word === null;
    // Go reads null as an empty string.
    if (Array.isArray(parsed) && parsed.every(isText)) return parsed.map((word) => word ?? "");
  } catch {
    // Not JSON.
  }
  return undefined;
}
