import { ArkError } from "../../lib/errors.ts";
import { isPlanned } from "../plan-restore.ts";
import type { TargetName } from "../report/tally.ts";
import type { RestoreRun } from "../restore-run.ts";

type Context = Pick<RestoreRun, "plan" | "backup" | "target"> &
  Partial<Pick<RestoreRun, "lateApis">>;

/** Why an object's kind cannot be written here, and how the kind can be had. */
export function kindNotServed(run: Context, resource: string, target: TargetName): ArkError {
  const served = run.target.versions(resource);
  const late = run.lateApis?.get(target.version);
  if (late !== undefined) {
    return new ArkError(
      "ARK_API_SERVICE_NOT_READY",
      `${target.version} ${target.kind} is not served: ${late.why}`,
      {
        advice: `bring up the API server behind Service ${late.service}, then restore again; a longer wait: --wait-limits api-service-available=10m`,
      },
    );
  }
  return new ArkError(
    "ARK_KIND_NOT_SERVED",
    `${target.version} ${target.kind} is not served here; served versions: ${served.join(", ") || "none"}`,
    {
      advice:
        served.length > 0
          ? "back up again with --all-api-versions, or where a version served by both is preferred"
          : definitionAdvice(run, resource),
    },
  );
}

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

function definitionAdvice({ plan, backup }: Context, resource: string): string {
  if (!plan.definitions.has(resource)) {
    return `backup "${backup.name}" has no definition of ${resource}: install what defines it (its operator or chart; or kubectl get crd ${resource} -o yaml where the backup was made), then restore again`;
  }
  if (isPlanned(plan, { resource: definitions, name: resource })) {
    return `its definition ${resource} is in the backup and was part of this restore: see what became of it`;
  }
  return plan.selection.includesKind(definitions)
    ? "restore its definition, which the backup holds, with --include-cluster-resources"
    : "restore its definition, which the backup holds: the filters for kinds leave out customresourcedefinitions";
}
