import { misshapen } from "../../api/misshapen.ts";
import {
  type RestoreHooks,
  type RestoreResourceHook,
  type RestoreSpec,
  restoreHooks,
} from "../../api/restore.ts";
import { ArkError } from "../../lib/errors.ts";
import { goDurationMs } from "../../lib/go-duration.ts";
import { selectorViolations } from "./hook-spec-checks.ts";

/**
 * `spec.hooks` of a Restore as somebody has written it; unknown fields are refused, as they would
 * be dropped in silence. Errors: ARK_USAGE with everything that is wrong.
 */
export function parseRestoreHooks(value: unknown, where: string): RestoreHooks {
  const ill = misshapen(value, restoreHooks, "hooks");
  const parsed = value as RestoreHooks;
  const wrong =
    ill.length > 0
      ? ill
      : [...restoreHookViolations({ hooks: parsed }), ...entriesWithoutHooks(parsed)];
  if (wrong.length === 0) return parsed;
  throw new ArkError("ARK_USAGE", `${where} holds no hooks that can be used: ${wrong.join("; ")}`, {
    advice:
      "write it as spec.hooks of a Restore: resources: [{name, includedNamespaces, labelSelector, postHooks: [{exec: {container, command, onError, execTimeout, waitTimeout, waitForReady}}, {init: {initContainers: [{name, image, command}]}}]}]",
  });
}

/** Of a Restore such an entry is taken, as Velero does; in a file of hooks somebody has forgotten them. */
function entriesWithoutHooks({ resources = [] }: RestoreHooks): readonly string[] {
  return resources.flatMap(({ name, postHooks = [] }, at) =>
    postHooks.length > 0
      ? []
      : [`hooks.resources[${at}] (${JSON.stringify(name)}) has no postHooks`],
  );
}

/** What the CRD and Velero refuse in `spec.hooks`, each in a sentence. */
export function restoreHookViolations({ hooks }: Pick<RestoreSpec, "hooks">): readonly string[] {
  return (hooks?.resources ?? []).flatMap((resource, at) => {
    const where = `hooks.resources[${at}]`;
    return [
      ...(typeof resource.name === "string" ? [] : [`${where}: a name is required`]),
      ...selectorViolations(resource.labelSelector, `${where}.labelSelector`),
      ...(resource.postHooks ?? []).flatMap((hook, index) =>
        hookViolations(hook, `${where}.postHooks[${index}]`),
      ),
    ];
  });
}

function hookViolations({ exec, init }: RestoreResourceHook, where: string): readonly string[] {
  const found: string[] = [];
  if (exec === undefined && init === undefined) found.push(`${where}: exec or init is required`);
  const durations = [
    ["exec.execTimeout", exec?.execTimeout],
    ["exec.waitTimeout", exec?.waitTimeout],
    ["init.timeout", init?.timeout],
  ] as const;
  for (const [field, value] of durations) {
    if (value !== undefined && goDurationMs(value) === undefined) {
      found.push(`${where}.${field}: ${JSON.stringify(value)} is no duration such as 30s`);
    }
  }
  if (exec !== undefined) {
    const { command, onError } = exec;
    if (!Array.isArray(command) || command.length === 0) {
      found.push(`${where}.exec: a command of at least one word is required`);
    }
    if (onError !== undefined && onError !== "Continue" && onError !== "Fail") {
      found.push(`${where}.exec.onError: ${JSON.stringify(onError)} is neither Continue nor Fail`);
    }
  }
  (init?.initContainers ?? []).forEach((one, index) => {
    const { name, image, command } = one;
    const isWhole =
      typeof name === "string" &&
      name !== "" &&
      typeof image === "string" &&
      image !== "" &&
      Array.isArray(command) &&
      command.length > 0;
    if (isWhole) return;
    found.push(`${where}.init.initContainers[${index}]: name, image and command are required`);
  });
  return found;
}
