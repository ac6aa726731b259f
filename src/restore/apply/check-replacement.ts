import { groupResource } from "../../api/resource-kind.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { ArkError, toArkError } from "../../lib/errors.ts";
import { ApiError, type Cluster } from "../../ports/cluster.ts";
import { honoursDryRun } from "../survey/dry-run-kinds.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";
import { addClause } from "./add-clause.ts";
import { objectKey } from "./object-key.ts";
import type { Replacement, ReplacementChecks } from "./replacement-checks.ts";

/** `signal`: of what is asked once for many objects. */
export function createReplacementChecks(
  cluster: Cluster,
  target: TargetKinds,
  signal: AbortSignal,
): ReplacementChecks {
  const honours = honoursDryRun(cluster, target, signal);
  const rights = new Map<string, Promise<boolean>>();
  const mayCreate = ({ kind, namespace }: Replacement["ref"]): Promise<boolean> => {
    const key = objectKey(groupResource(kind), namespace, "");
    const known = rights.get(key) ?? cluster.can("create", kind, namespace, { signal });
    rights.set(key, known);
    return known;
  };
  return {
    async check(replacement, asking) {
      const { ref, body, fieldManager } = replacement;
      try {
        if (!(await mayCreate(ref))) throw noRight(replacement);
      } catch (thrown) {
        asking.throwIfAborted();
        // Who may not ask this is answered by the dry-run.
        const error = toArkError(thrown);
        if (!(error instanceof ApiError) || endsTheRun(error.code)) throw error;
      }
      if (!(await honours(ref.kind))) return;
      try {
        const options = { fieldManager, dryRun: true, signal: asking };
        await cluster.create(ref, body, options);
      } catch (thrown) {
        asking.throwIfAborted();
        const error = toArkError(thrown);
        if (endsTheRun(error.code)) throw error;
        if (!isOfTheFormer(error)) throw asItIs(error);
      }
    },
  };
}

/** Refusals that say nothing of the create that follows the delete. */
function isOfTheFormer(error: ArkError): boolean {
  if (!(error instanceof ApiError)) return false;
  const { reason, serverMessage } = error.api;
  if (reason === "AlreadyExists") return true;
  return /does not support dry run|exceeded quota|is already allocated/i.test(serverMessage);
}

function noRight({ resource, target }: Replacement): ArkError {
  const { namespace } = target;
  const where = namespace === "" ? "" : ` -n ${namespace}`;
  return new ArkError(
    "ARK_API_FORBIDDEN",
    `it differs, and was neither deleted nor changed: this user may not create ${resource}${namespace === "" ? "" : ` in namespace "${namespace}"`}, so nothing could be made in its place`,
    {
      advice: `have that right given; it is asked for by: kubectl auth can-i create ${resource}${where}`,
    },
  );
}

const asItIs = (error: ArkError): ArkError =>
  addClause(error, "; so it was not deleted, and is as it was");
