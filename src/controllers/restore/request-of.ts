import { annotations } from "../../api/labels.ts";
import { specToRun } from "../../domain/restore/complete-spec.ts";
import { runOptions } from "../../domain/restore/run-options.ts";
import type { RestoreRequest } from "../../restore/restore-request.ts";
import type { ControllerContext, LiveRestore } from "../controller-context.ts";

/** What a Restore may ask for that Velero's spec has no field for. Others tell what became of it. */
const asked: readonly string[] = [
  annotations.registryMappings,
  annotations.storageClassMappings,
  annotations.hostMappings,
  annotations.passive,
  annotations.existingResourcePolicy,
  annotations.includeObjects,
  annotations.recreateObjects,
  annotations.prune,
];

/**
 * The request that the engine is given for a Restore: the same each time, whatever was noted on the
 * resource meanwhile, so that another leader continues the run.
 */
export function requestOf(
  { metadata, spec }: LiveRestore,
  { namespace, owner }: Pick<ControllerContext, "namespace" | "owner">,
): RestoreRequest {
  const { strict, allowDamaged, readBack, readiness, limits } = runOptions(metadata.annotations);
  const given = Object.entries(metadata.annotations ?? {}).filter(([key]) => asked.includes(key));
  return {
    name: metadata.name,
    isNameGiven: true,
    owner,
    namespace,
    resource: { uid: metadata.uid ?? "", creationTimestamp: metadata.creationTimestamp ?? "" },
    spec: specToRun(spec),
    typed: false,
    stampLabels: true,
    ...{ strict, allowDamaged, readBack, limits },
    ...(readiness !== undefined && { readiness }),
    // Where Velero's server reads its ConfigMaps of mappings.
    annotations: { ...Object.fromEntries(given), [annotations.pluginConfigNamespace]: namespace },
  };
}
