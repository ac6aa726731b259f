import {
  restoredContent,
  restoredSnapshot,
  restoredSnapshotName,
} from "../../domain/volumes/csi/restored-snapshot.ts";
import { classToRestoreWith } from "../../domain/volumes/csi/snapshot-class.ts";
import { ArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import {
  createSnapshotApi,
  type SnapshotApi,
  snapshotKinds,
} from "../../volumes/csi/snapshot-api.ts";
import type { ItemInWork } from "../apply/assess-item.ts";
import { describeTarget, type RestoreRun } from "../restore-run.ts";

/**
 * Before a claim is created: makes the snapshot that it is made of known to the cluster, unless it
 * is already. Errors: ARK_VOLUME_DATA_UNSUPPORTED, those of the API server.
 */
export async function prepareClaim(
  work: ItemInWork,
  run: RestoreRun,
  signal: AbortSignal,
): Promise<void> {
  if (work.resource !== "persistentvolumeclaims") return;
  const stored = run.plan.volumes.get(textAt(work.backedUp, ["spec", "volumeName"]))?.snapshot;
  if (stored === undefined) return;
  const api = snapshotApiOf(run);
  if (api === undefined) {
    throw new ArkError(
      "ARK_VOLUME_DATA_UNSUPPORTED",
      `${describeTarget(work.target)} cannot be made of its snapshot: this cluster does not serve snapshot.storage.k8s.io/v1`,
      {
        advice: `install the snapshot controller and CSI driver ${stored.driver}, and restore again; or, for new and empty volumes, use --restore-volumes=false`,
      },
    );
  }
  const { namespace } = work.target;
  const name = restoredSnapshotName(stored.handle, work.target);
  const className = classToRestoreWith(stored, await api.classes(signal));
  const marks = await run.snapshotMarks(signal);
  const input = { stored, marks, namespace, name, className };
  await api.createContent(name, restoredContent(input), signal);
  await api.create({ namespace, name }, restoredSnapshot(input), signal);
}

/** Undefined where the target has no snapshots. */
export function snapshotApiOf({ target, ports }: RestoreRun): SnapshotApi | undefined {
  const kinds = snapshotKinds(target.served);
  return kinds && createSnapshotApi(ports.cluster, kinds);
}
