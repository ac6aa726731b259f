import type { BackupResourceHookSpec } from "../../api/backup.ts";
import type { RawObject } from "../../api/raw-object.ts";
import type { ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import { hookAnnotationMark } from "../../domain/hooks/hook-annotations.ts";
import { selectsPod } from "../../domain/hooks/hook-selector.ts";
import type { HookPod } from "../../domain/hooks/pod-hook.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readHookPod } from "./read-hook-pod.ts";

const annotationMark = Buffer.from(hookAnnotationMark);
const claimMark = Buffer.from('"persistentVolumeClaim"');

/** The pods of a run that hooks are about: those that may have some, and those that share claims. */
export interface PodGatherer {
  /** The builder, with an eye on the pods that pass. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /**
   * All of them, in the order in which they came. Pods of which only names passed, as an earlier
   * process has taken them, are read from the cluster as they are now.
   */
  pods(cluster: ClusterReader, signal: AbortSignal): Promise<readonly HookPod[]>;
  /** Names of the entries of the spec that are for none of them. */
  idleEntries(): readonly string[];
}

/** Only pods that hooks can be about are kept; of those without hooks, which claims they share. */
export function createPodGatherer(
  kind: ResourceKind | undefined,
  resources: readonly BackupResourceHookSpec[],
): PodGatherer {
  const kept: HookPod[] = [];
  const unread = new Map<string, Set<string>>();
  const idle = new Set(resources);
  const observe = (object: RawObject): void => {
    const met = resources.filter((resource) => selectsPod(resource, bare(object)));
    for (const resource of met) idle.delete(resource);
    if (met.length > 0 || object.bytes.includes(annotationMark)) kept.push(readHookPod(object));
    else if (object.bytes.includes(claimMark)) {
      const { claims } = readHookPod(object);
      kept.push({ ...bare(object), claims });
    }
  };
  return {
    watch: (names) => ({
      add(apiVersion, kindName, object) {
        if (apiVersion === "v1" && kindName === "Pod") {
          if (isRaw(object)) observe(object);
          else remember(unread, object);
        }
        names.add(apiVersion, kindName, object);
      },
      finish: () => names.finish(),
    }),
    async pods(cluster, signal) {
      if (kind === undefined) return kept;
      for (const [namespace, names] of unread) {
        for await (const pod of listAll(cluster, { kind, namespace }, { signal })) {
          if (names.has(pod.name)) observe(pod);
        }
      }
      unread.clear();
      return kept;
    },
    idleEntries: () => [...idle].map(({ name }) => name),
  };
}

function isRaw(object: object): object is RawObject {
  return "bytes" in object;
}

function remember(
  unread: Map<string, Set<string>>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): void {
  const names = unread.get(namespace) ?? new Set();
  names.add(name);
  unread.set(namespace, names);
}

const none: readonly never[] = [];
const noAnnotations = {};

/** Of pods that only share claims there may be very many. */
function bare({ namespace, name, uid, labels }: RawObject): HookPod {
  const nothing = { containers: none, sidecars: none, phase: "", claims: none };
  return { namespace, name, uid, labels, annotations: noAnnotations, ...nothing };
}
