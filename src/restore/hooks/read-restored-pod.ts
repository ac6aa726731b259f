import type { RestoreHookPod } from "../../domain/hooks/restore-hook.ts";
import { restoreHookMark } from "../../domain/hooks/restore-hook-annotations.ts";
import { arrayAt, objectAt, textAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../lib/json-text.ts";

/** A restored pod as the target has it now. */
export interface RestoredPod extends RestoreHookPod {
  readonly uid: string;
  readonly phase: string;
  /** By container. */
  readonly states: ReadonlyMap<string, ContainerState>;
}

export interface ContainerState {
  readonly running: boolean;
  readonly ready: boolean;
  /** Why it does not run, as the kubelet says it, such as ImagePullBackOff; empty: nothing said. */
  readonly reason: string;
}

/** What hooks need of a pod, and of its annotations theirs. */
export function readRestoredPod(pod: JsonObject): RestoredPod {
  const annotations = objectAt(pod, ["metadata", "annotations"]) as Readonly<
    Record<string, string>
  >;
  const sidecars = arrayAt(pod, ["spec", "initContainers"]).filter(
    (one) => textAt(one, ["restartPolicy"]) === "Always",
  );
  const names = [...arrayAt(pod, ["spec", "containers"]), ...sidecars].map((one) =>
    textAt(one, ["name"]),
  );
  const statuses = ["containerStatuses", "initContainerStatuses"].flatMap((key) =>
    arrayAt(pod, ["status", key]),
  );
  return {
    namespace: textAt(pod, ["metadata", "namespace"]),
    name: textAt(pod, ["metadata", "name"]),
    uid: textAt(pod, ["metadata", "uid"]),
    labels: objectAt(pod, ["metadata", "labels"]) as Readonly<Record<string, string>>,
    annotations: Object.fromEntries(
      Object.entries(annotations).filter(([key]) => key.includes(restoreHookMark)),
    ),
    containers: names,
    phase: textAt(pod, ["status", "phase"]),
    states: new Map(statuses.map((status) => [textAt(status, ["name"]), stateOf(status)])),
  };
}

function stateOf(status: JsonValue): ContainerState {
  return {
    running: valueAt(status, ["state", "running"]) !== undefined,
    ready: valueAt(status, ["ready"]) === true,
    reason:
      textAt(status, ["state", "waiting", "reason"]) ||
      textAt(status, ["state", "terminated", "reason"]),
  };
}
