import type { RestoreDecision } from "../../domain/restore/decide.ts";
import { isDeletedWithClaim, volumeGoes } from "../../domain/restore/native-volume.ts";
import { textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import type { TargetKinds } from "../survey/target-kinds.ts";
import { type KnownVolumes, type SourcedObject, sourceOf } from "./source-of.ts";

interface Looking extends KnownVolumes {
  readonly ports: { readonly cluster: Pick<ClusterReader, "get"> };
  readonly target: Pick<TargetKinds, "find">;
}

/**
 * As Velero: a volume of a native snapshot whose claim is gone or going, and which goes with it, is
 * waited for, and then made anew. Errors: those of a GET.
 */
export async function awaitLeaving(
  object: SourcedObject,
  decision: RestoreDecision,
  { run, present }: { readonly run: Looking; readonly present: JsonObject | undefined },
  signal: AbortSignal,
): Promise<RestoreDecision> {
  if (present === undefined || decision.action === "wait") return decision;
  if (sourceOf(object, run) === undefined || !isDeletedWithClaim(present)) return decision;
  if (textAt(present, ["status", "phase"]) !== "Bound") return decision;
  const namespace = textAt(present, ["spec", "claimRef", "namespace"]);
  const name = textAt(present, ["spec", "claimRef", "name"]);
  const kind = run.target.find("persistentvolumeclaims", "v1");
  if (kind === undefined || namespace === "" || name === "") return decision;
  const raw = await run.ports.cluster.get({ kind, namespace, name }, { signal });
  const claim = raw && readObject(raw.bytes, `claim "${namespace}/${name}" of the cluster`);
  const isGoing = valueAt(claim, ["metadata", "deletionTimestamp"]) !== undefined;
  return claim === undefined || isGoing ? { action: "wait", reason: volumeGoes } : decision;
}
