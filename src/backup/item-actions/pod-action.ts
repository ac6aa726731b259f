import { pods } from "../../domain/references/edges.ts";
import { type PodLens, podReferences } from "../../domain/references/pod.ts";
import type { ItemAction } from "../../ports/item-action.ts";
import { readWhere, resultOf } from "./read-lens.ts";

/** Velero's `velero.io/pod`: the claims and the priority class of a pod. */
export const podAction: ItemAction = {
  name: "velero.io/pod",
  appliesTo: { includedResources: [pods] },
  execute({ object }) {
    const pod = readWhere<PodLens>(object, ['"claimName"', '"priorityClassName"']);
    return resultOf(object, pod === undefined ? [] : podReferences(pod, object.namespace));
  },
};
