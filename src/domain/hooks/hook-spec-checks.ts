import type { BackupSpec, ExecHook, LabelSelector } from "../../api/backup.ts";
import { goDurationMs } from "../../lib/go-duration.ts";

/** What the CRD and Velero refuse in `spec.hooks`, each in a sentence. */
export function hookViolations({ hooks }: BackupSpec): readonly string[] {
  return (hooks?.resources ?? []).flatMap((resource, at) => {
    const where = `hooks.resources[${at}]`;
    const phases = [
      ...(resource.pre ?? []).map(({ exec }, index) => ({ exec, at: `pre[${index}]` })),
      ...(resource.post ?? []).map(({ exec }, index) => ({ exec, at: `post[${index}]` })),
    ];
    return [
      ...(typeof resource.name === "string" ? [] : [`${where}: a name is required`]),
      ...selectorViolations(resource.labelSelector, `${where}.labelSelector`),
      ...phases.flatMap((hook) => execViolations(hook.exec, `${where}.${hook.at}`)),
    ];
  });
}

function execViolations(exec: ExecHook | undefined, where: string): readonly string[] {
  if (exec === undefined) return [`${where}: exec is required`];
  const { command, onError, timeout } = exec;
  const found: string[] = [];
  if (!Array.isArray(command) || command.length === 0) {
    found.push(`${where}.exec: a command of at least one word is required`);
  }
  if (onError !== undefined && onError !== "Continue" && onError !== "Fail") {
    found.push(`${where}.exec.onError: ${JSON.stringify(onError)} is neither Continue nor Fail`);
  }
  if (timeout !== undefined && goDurationMs(timeout) === undefined) {
    found.push(`${where}.exec.timeout: ${JSON.stringify(timeout)} is no duration such as 30s`);
  }
  return found;
}

export function selectorViolations(
  selector: LabelSelector | undefined,
  where: string,
): readonly string[] {
  return (selector?.matchExpressions ?? []).flatMap(({ key, operator, values = [] }) => {
    const takesValues = operator === "In" || operator === "NotIn";
    if (!takesValues && operator !== "Exists" && operator !== "DoesNotExist") {
      return [`${where}: ${JSON.stringify(operator)} is no operator`];
    }
    if (takesValues === values.length > 0) return [];
    const rule = takesValues ? "needs values" : "takes no values";
    return [`${where}: ${operator} of ${JSON.stringify(key)} ${rule}`];
  });
}
