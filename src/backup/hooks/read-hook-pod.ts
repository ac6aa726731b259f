import type { RawObject } from "../../api/raw-object.ts";
import { hookAnnotationMark } from "../../domain/hooks/hook-annotations.ts";
import type { HookPod } from "../../domain/hooks/pod-hook.ts";
import { decodedObject } from "../decoded-object.ts";

interface PodJson {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>> | null;
    readonly annotations?: Readonly<Record<string, string>> | null;
  };
  readonly spec?: {
    readonly containers?: readonly { readonly name?: string }[] | null;
    readonly initContainers?:
      | readonly { readonly name?: string; readonly restartPolicy?: string }[]
      | null;
    readonly volumes?:
      | readonly { readonly persistentVolumeClaim?: { readonly claimName?: string } | null }[]
      | null;
  };
  readonly status?: { readonly phase?: string };
}

/** What hooks need of a pod; of its annotations those of hooks. */
export function readHookPod(pod: RawObject): HookPod {
  const { metadata = {}, spec = {}, status } = decodedObject<PodJson>(pod);
  const annotations = Object.entries(metadata.annotations ?? {});
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(
      annotations.filter(([key]) => key.includes(hookAnnotationMark)),
    ),
    containers: (spec.containers ?? []).map(({ name = "" }) => name),
    sidecars: (spec.initContainers ?? []).flatMap(({ name = "", restartPolicy }) =>
      restartPolicy === "Always" ? [name] : [],
    ),
    phase: status?.phase ?? "",
    claims: (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
      persistentVolumeClaim?.claimName ? [persistentVolumeClaim.claimName] : [],
    ),
  };
}
