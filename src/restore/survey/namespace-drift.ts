import type { Finding } from "../../api/results.ts";
import { diffObjects } from "../../domain/diff/diff-objects.ts";
import type { FieldChange } from "../../domain/diff/field-change.ts";
import { comparable } from "../../domain/restore/decide.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { type RestoreRun, ruleContext } from "../restore-run.ts";
import { namespaceToMake } from "../waits/namespace-gate.ts";

type Planned = Pick<RestoreRun, "plan" | "request">;

/** Labels and annotations in which a namespace that is there differs from the backup. */
export function namespaceDrift(
  run: Planned,
  name: string,
  backedUp: JsonObject,
  live: JsonObject,
): readonly FieldChange[] {
  const toMake = namespaceToMake(run, name, backedUp);
  if (toMake === undefined) return [];
  const resource = "namespaces";
  const context = ruleContext(run.plan, run.request)(resource);
  const { present, wanted } = comparable({ resource, desired: toMake.desired, context }, live);
  const changes = diffObjects(resource, present, wanted);
  return changes.filter(({ path }) => /^metadata\.(?:labels|annotations)\b/.test(path));
}

const namedFields = 3;

export function namespaceDiffers(name: string, fields: readonly string[]): Finding {
  const more = fields.length > namedFields ? ` and ${fields.length - namedFields} more` : "";
  return {
    severity: "warning",
    code: "ARK_OBJECT_DIFFERS",
    message: `Namespace "${name}" is there and differs from the backup in ${fields.slice(0, namedFields).join(", ")}${more}; an existing namespace is left as it is`,
    resource: "namespaces",
    name,
    advice: `no policy changes it: set them with kubectl label or kubectl annotate namespace ${name}`,
  };
}
