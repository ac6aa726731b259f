import { type BackupHooks, backupHooks } from "../../api/backup.ts";
import { misshapen } from "../../api/misshapen.ts";
import { ArkError } from "../../lib/errors.ts";
import { hookViolations } from "./hook-spec-checks.ts";

/**
 * `spec.hooks` as somebody has written it; unknown fields are refused, as they would be dropped
 * in silence. Errors: ARK_USAGE with everything that is wrong.
 */
export function parseHooks(value: unknown, where: string): BackupHooks {
  const ill = misshapen(value, backupHooks, "hooks");
  const parsed = value as BackupHooks;
  const wrong =
    ill.length > 0 ? ill : [...hookViolations({ hooks: parsed }), ...entriesWithoutHooks(parsed)];
  if (wrong.length === 0) return parsed;
  throw new ArkError("ARK_USAGE", `${where} holds no hooks that can be used: ${wrong.join("; ")}`, {
    advice:
      "write it as spec.hooks of a Backup: resources: [{name, includedNamespaces, labelSelector, pre: [{exec: {container, command, onError, timeout}}], post: […]}]",
  });
}

/** Of a Backup such an entry is taken, as Velero does; in a file of hooks somebody has forgotten them. */
function entriesWithoutHooks({ resources = [] }: BackupHooks): readonly string[] {
  return resources.flatMap(({ name, pre = [], post = [] }, at) =>
    pre.length + post.length > 0
      ? []
      : [`hooks.resources[${at}] (${JSON.stringify(name)}) has neither pre nor post hooks`],
  );
}
