import { endsTheRun } from "../../domain/restore/retry.ts";
import type { VolumeFate } from "../../domain/restore/volume-fate.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { objectAt, textAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ObjectRef } from "../../ports/cluster.ts";
import { releaseSnapshot } from "../../volumes/csi/remove-snapshots.ts";
import type { SnapshotApi } from "../../volumes/csi/snapshot-api.ts";
import { encodeObject, ownManager } from "../apply/apply-decision.ts";
import { readObject } from "../apply/read-object.ts";
import type { RestoreRun } from "../restore-run.ts";
import { claimsOf, type RestoredClaim } from "./claims-of-snapshots.ts";
import { snapshotApiOf } from "./prepare-claim.ts";
import { provisionerWords } from "./provisioner-words.ts";
import { isMadeBefore } from "./restored-snapshots.ts";
import { removeStandIns, standInForGroup } from "./stand-in-groups.ts";

const claimsAtOnce = 8;
const pauseMs = 500;
const lateBinding = "WaitForFirstConsumer";

/**
 * After all was written: waits until claims have the volumes that are made of their snapshots, gives
 * those the reclaim policy of the backup, and takes the snapshots' objects out of the cluster again.
 */
export async function settleClaims(run: RestoreRun, signal: AbortSignal): Promise<void> {
  const api = snapshotApiOf(run);
  const claims = claimsOf(run);
  if (api === undefined || claims.length === 0) return;
  await mapConcurrently(claims, claimsAtOnce, async (claim) => {
    try {
      await settleClaim(claim, run, api, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown);
      if (endsTheRun(error.code)) throw error;
      tell(claim, run, "warning", `its volume could not be looked after: ${error.message}`);
    }
  });
  await removeStandIns(claims, api, signal);
}

async function settleClaim(
  claim: RestoredClaim,
  run: RestoreRun,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name } = claim;
  const snapshot = { namespace, name: claim.snapshot };
  const seen = await api.look(snapshot, signal);
  // The claim was there already, or its restore failed: nothing of ours is there.
  if (seen.state.step === "absent") return await settleAgain(claim, run, api, signal);
  const wait = run.waits.begin("claim-bound", run.limits.claimBoundMs, signal);
  try {
    for (;;) {
      const live = await readClaim(claim, run, signal);
      if (live === undefined) {
        // Its restore failed, or somebody has deleted it.
        await releaseSnapshot(snapshot, claim.snapshot, api, signal);
        return;
      }
      if (textAt(live, ["status", "phase"]) === "Bound") {
        const volume = textAt(live, ["spec", "volumeName"]);
        run.snapshotClaims.set(claim.source, volume);
        await putBack(volume, claim.fate, run, signal);
        await releaseSnapshot(snapshot, claim.snapshot, api, signal);
        return;
      }
      const { state } = await api.look(snapshot, signal);
      const needsGroup = state.step !== "ready" && (await standInForGroup(claim, run, api, signal));
      if (!needsGroup && (await waitsForPod(live, run, signal))) {
        const text = `it waits for a pod, and VolumeSnapshot ${claim.snapshot} stays for it`;
        run.log.write("info", text, { namespace, name });
        return;
      }
      if (wait.isLate) {
        const trouble = state.trouble || (await provisionerWords(claim, run, signal));
        const said = trouble === "" ? "" : `: ${trouble}`;
        tell(claim, run, "error", `it has no volume made of its snapshot yet${said}`);
        return;
      }
      wait.show(`claim ${namespace}/${name}`, state.trouble || undefined);
      await wait.pause(pauseMs);
    }
  } finally {
    wait.end();
  }
}

/**
 * Of a claim that is there already. Where an earlier process made it, that may have died between the
 * removal of the VolumeSnapshot and that of its content: a claim that is bound needs neither.
 */
async function settleAgain(
  claim: RestoredClaim,
  run: RestoreRun,
  api: SnapshotApi,
  signal: AbortSignal,
): Promise<void> {
  const live = await readClaim(claim, run, signal);
  const { namespace, snapshot } = claim;
  if (live === undefined) {
    return await releaseSnapshot({ namespace, name: snapshot }, snapshot, api, signal);
  }
  if (isMadeBefore(claim.source, run.before)) {
    run.snapshotClaims.set(claim.source, textAt(live, ["spec", "volumeName"]));
  }
  const isOfSnapshot = textAt(live, ["spec", "dataSource", "name"]) === snapshot;
  if (!isOfSnapshot || textAt(live, ["status", "phase"]) !== "Bound") return;
  await releaseSnapshot({ namespace, name: snapshot }, snapshot, api, signal);
}

async function readClaim(
  { namespace, name }: RestoredClaim,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  return await read(run, "persistentvolumeclaims", { namespace, name }, signal);
}

async function read(
  run: RestoreRun,
  resource: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const version = resource === "storageclasses.storage.k8s.io" ? "storage.k8s.io/v1" : "v1";
  const kind = run.target.find(resource, version);
  if (kind === undefined) return undefined;
  const ref: ObjectRef = { kind, namespace, name };
  const raw = await run.ports.cluster.get(ref, { signal });
  return raw && readObject(raw.bytes, `${resource} "${name}" of the cluster`);
}

/** Its class binds late, and nobody uses it: nothing would come of waiting. */
async function waitsForPod(
  claim: JsonObject,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<boolean> {
  const selected = ["metadata", "annotations", "volume.kubernetes.io/selected-node"];
  if (textAt(claim, selected) !== "") return false;
  const name = textAt(claim, ["spec", "storageClassName"]);
  if (name === "") return false;
  const resource = "storageclasses.storage.k8s.io";
  const storageClass = await read(run, resource, { namespace: "", name }, signal);
  return textAt(storageClass, ["volumeBindingMode"]) === lateBinding;
}

/** As the backup had it: what its class gives to new volumes may lose data when the claim goes. */
async function putBack(
  volume: string,
  { reclaimPolicy = "", labels = {} }: VolumeFate,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<void> {
  const kind = run.target.find("persistentvolumes", "v1");
  const live = await read(run, "persistentvolumes", { namespace: "", name: volume }, signal);
  if (kind === undefined || live === undefined) return;
  const spec =
    reclaimPolicy === "" ||
    textAt(live, ["spec", "persistentVolumeReclaimPolicy"]) === reclaimPolicy
      ? {}
      : { spec: { persistentVolumeReclaimPolicy: reclaimPolicy } };
  const given = objectAt(live, ["metadata", "labels"]);
  const missing = Object.entries(labels).filter(([key]) => !Object.hasOwn(given, key));
  const metadata =
    missing.length === 0 ? {} : { metadata: { labels: Object.fromEntries(missing) } };
  const patch: JsonObject = { ...spec, ...metadata };
  if (Object.keys(patch).length === 0) return;
  const ref: ObjectRef = { kind, namespace: "", name: volume };
  await run.ports.cluster.patch(ref, "merge", encodeObject(patch), {
    fieldManager: ownManager,
    signal,
  });
}

function tell(
  { namespace, name }: RestoredClaim,
  run: RestoreRun,
  severity: "warning" | "error",
  text: string,
): void {
  run.log.find({
    severity,
    code: "ARK_SNAPSHOT_FAILED",
    message: `claim ${namespace}/${name}: ${text}`,
    resource: "persistentvolumeclaims",
    namespace,
    name,
    advice: `kubectl describe pvc ${name} -n ${namespace} tells what its provisioner says`,
  });
}
