/** The requests of a run that take a CSI snapshot from step to step. */
import type { Failpoint } from "./failpoints.ts";

export interface StepPoint extends Failpoint {
  readonly of: "api" | "store";
  /** Killed in every test run; the others where ARK_KILL_HITS=all says so. */
  readonly always?: true;
}

const snapshots = /\/namespaces\/[^/]+\/volumesnapshots(?:\/|\?|$)/;
const contents = /\/volumesnapshotcontents(?:\/|\?|$)/;

/** Steps of a backup. */
export const backupSteps: readonly StepPoint[] = [
  { of: "api", always: true, name: "the making of the snapshot", method: "POST", path: snapshots },
  {
    of: "api",
    always: true,
    name: "hold and release of its content",
    method: "PATCH",
    path: contents,
  },
  {
    of: "api",
    always: true,
    name: "the removal of the snapshot",
    method: "DELETE",
    path: snapshots,
  },
  { of: "api", always: true, name: "the removal of its content", method: "DELETE", path: contents },
  { of: "api", name: "a look at the classes", method: "GET", path: /\/volumesnapshotclasses\?/ },
  { of: "api", name: "a look at the snapshot", method: "GET", path: snapshots },
  { of: "api", name: "a look at its content", method: "GET", path: contents },
  { of: "store", name: "the record of its operation", method: "PUT", path: /\/operations-/ },
  { of: "store", name: "the volume info", method: "PUT", path: /-volumeinfo\.json\.gz/ },
  { of: "store", name: "the seal", method: "PUT", path: /velero-backup\.json/ },
];

const claims = /\/persistentvolumeclaims(?:\/|\?|$)/;

/** Steps of a restore. */
export const restoreSteps: readonly StepPoint[] = [
  { of: "api", always: true, name: "the making of a content", method: "POST", path: contents },
  { of: "api", name: "the making of a snapshot", method: "POST", path: snapshots },
  { of: "api", always: true, name: "the making of the claim", method: "POST", path: claims },
  { of: "api", name: "a look at the claim", method: "GET", path: claims },
  { of: "api", name: "the labels of its volume", method: "PATCH", path: /\/persistentvolumes\// },
  { of: "api", name: "the release of the content", method: "PATCH", path: contents },
  {
    of: "api",
    always: true,
    name: "the removal of the snapshot",
    method: "DELETE",
    path: snapshots,
  },
  { of: "api", name: "the removal of the content", method: "DELETE", path: contents },
];

/** Steps of a deletion. */
export const deletionSteps: readonly StepPoint[] = [
  { of: "api", name: "the making of a content", method: "POST", path: contents },
  { of: "api", name: "a look at the content", method: "GET", path: contents },
  { of: "api", always: true, name: "the removal of the content", method: "DELETE", path: contents },
];
