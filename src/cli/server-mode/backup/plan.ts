import { annotations } from "../../../api/labels.ts";
import type { BackupRequest } from "../../../backup/backup-run.ts";
import { defaultTtl } from "../../backup-spec-of-flags.ts";
import { engineVersion } from "../../engine-version.ts";
import { parseGoDuration } from "../../go-duration.ts";
import { policiesOfFlags } from "../../policies-of-flags.ts";
import { runOwner } from "../../run-owner.ts";
import type { Session } from "../../session.ts";
import type { ServerAccess } from "../server-access.ts";
import { backupOfFlags } from "./create.ts";

/** What `backup create` with the same flags would ask the server for, for a look at it from here. */
export async function backupRequestForServer(
  { invocation }: Session,
  { namespace }: ServerAccess,
): Promise<BackupRequest> {
  const { flags, environment } = invocation;
  const {
    name,
    labels = {},
    annotations: noted = {},
    spec,
  } = await backupOfFlags(invocation, namespace);
  const policies = await policiesOfFlags(flags, { cwd: environment.cwd, namespace });
  const { [annotations.allApiVersions]: _, [annotations.requireCoverage]: __, ...typed } = noted;
  return {
    ...{ name, spec, namespace, labels, annotations: typed },
    ttlMs: parseGoDuration(spec.ttl ?? defaultTtl, "--ttl"),
    ...(policies === undefined ? {} : { policies }),
    typed: true,
    ...(flags.boolean("require-coverage") === true && { requireCoverage: true }),
    ...(flags.boolean("all-api-versions") === true && { allApiVersions: true }),
    owner: await runOwner(environment.pid),
    engineVersion: await engineVersion(),
  };
}
