import type { BackupSpec } from "../api/backup.ts";
import type { BackupRequest } from "../backup/backup-run.ts";
import { backupSpecOfFlags, defaultTtl } from "./backup-spec-of-flags.ts";
import type { Invocation } from "./command-spec.ts";
import { engineVersion } from "./engine-version.ts";
import { parseGoDuration } from "./go-duration.ts";
import { hooksOfFlags } from "./hooks-of-flags.ts";
import type { NamedLocation } from "./locations.ts";
import { metadataOfFlags } from "./metadata-of-flags.ts";
import { policiesOfFlags } from "./policies-of-flags.ts";
import { runOwner } from "./run-owner.ts";

/** Namespace that the resource names: where an ark-ts server would look for it. */
export const resourceNamespace = "ark-ts";

/** What `backup create` and `backup plan` are asked for by their flags. Errors: ARK_USAGE. */
export async function backupRequestOfFlags(
  invocation: Invocation,
  name: string,
  location: NamedLocation,
): Promise<BackupRequest> {
  const { flags, environment } = invocation;
  const hooks = await hooksOfFlags(flags, environment.cwd);
  const spec = {
    ...backupSpecOfFlags(flags, locationName(location)),
    ...(hooks === undefined ? {} : { hooks }),
  };
  const run = await runOfFlags(invocation, spec, resourceNamespace);
  return { name, ...metadataOfFlags(flags), ...run };
}

/**
 * What a backup by these flags is asked for beside its name and metadata; `namespace` is that of
 * the resource, and of ConfigMaps named without one. Errors: ARK_USAGE.
 */
export async function runOfFlags(
  { flags, environment }: Invocation,
  spec: BackupSpec,
  namespace: string,
): Promise<Omit<BackupRequest, "name" | "labels" | "annotations">> {
  const policies = await policiesOfFlags(flags, { cwd: environment.cwd, namespace });
  return {
    spec,
    namespace,
    ttlMs: parseGoDuration(spec.ttl ?? defaultTtl, "--ttl"),
    ...(policies === undefined ? {} : { policies }),
    typed: true,
    ...(flags.boolean("require-coverage") === true && { requireCoverage: true }),
    ...(flags.boolean("all-api-versions") === true && { allApiVersions: true }),
    owner: await runOwner(environment.pid),
    engineVersion: await engineVersion(),
  };
}

/** What a Backup calls its location. */
export function locationName(location: NamedLocation): string {
  return location.isTyped ? "default" : location.name;
}
