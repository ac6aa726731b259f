import { goDurationMs } from "../../lib/go-duration.ts";
import { brokenList, commandOf } from "./hook-annotations.ts";
import { effectiveTimeoutMs } from "./pod-hook.ts";
import type { RestoreHook } from "./restore-hook.ts";

/** What every annotation of a restore hook has in its key. */
export const restoreHookMark = "hook.restore.velero.io/";

type Annotations = Readonly<Record<string, string>>;

export interface AnnotatedRestoreHook {
  /** `container` empty: the pod's first. */
  readonly hook: RestoreHook;
  /** What is wrong and does not stop the hook; sentences. */
  readonly notes: readonly string[];
}

/** strconv.ParseBool. */
const truths: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

/**
 * The hook that `post.hook.restore.velero.io/*` describe; undefined without a command. A value that
 * cannot be read counts as not given (item_hook_handler.go).
 */
export function restoreHookAnnotation(annotations: Annotations): AnnotatedRestoreHook | undefined {
  const value = (name: string) => ownText(annotations, `post.${restoreHookMark}${name}`);
  const notes: string[] = [];
  const duration = (name: string, instead: string): number => {
    const text = value(name);
    const ms = text === "" ? 0 : goDurationMs(text);
    if (ms !== undefined) return ms;
    const key = `annotation post.${restoreHookMark}${name}`;
    notes.push(`${key} is no duration: ${JSON.stringify(text)}; ${instead}`);
    return 0;
  };
  const command = value("command");
  if (command === "") return undefined;
  const onError = value("on-error");
  const known = onError === "Continue" || onError === "Fail";
  if (!known && onError !== "") {
    const quoted = JSON.stringify(onError);
    notes.push(
      `annotation post.${restoreHookMark}on-error is neither Continue nor Fail: ${quoted}`,
    );
  }
  const ready = value("wait-for-ready");
  const waitForReady = ready === "" ? false : truths[ready];
  if (waitForReady === undefined) {
    const quoted = JSON.stringify(ready);
    notes.push(
      `annotation post.${restoreHookMark}wait-for-ready is neither true nor false: ${quoted}`,
    );
  }
  notes.push(...brokenList(`annotation post.${restoreHookMark}command`, command));
  const hook: RestoreHook = {
    source: "annotation",
    name: "<from-annotation>",
    index: 0,
    container: value("container"),
    command: commandOf(command),
    onError: known ? onError : "",
    execTimeoutMs: effectiveTimeoutMs(duration("exec-timeout", "30s is used")),
    waitTimeoutMs: Math.max(0, duration("wait-timeout", "it is left out")),
    waitForReady: waitForReady === true,
  };
  return { hook, notes };
}

/**
 * The init container that `init.hook.restore.velero.io/*` describe; undefined without an image.
 * Without a command the image's own entry point runs. `fallbackName` is used where none is given.
 */
export function initContainerAnnotation(
  annotations: Annotations,
  fallbackName: string,
):
  | { readonly name: string; readonly image: string; readonly command?: readonly string[] }
  | undefined {
  const value = (name: string) => ownText(annotations, `init.${restoreHookMark}${name}`);
  const image = value("container-image");
  if (image === "") return undefined;
  const command = value("command");
  return {
    name: value("container-name") || fallbackName,
    image,
    ...(command === "" ? {} : { command: commandOf(command) }),
  };
}

function ownText(annotations: Annotations, key: string): string {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return typeof value === "string" ? value : "";
}
