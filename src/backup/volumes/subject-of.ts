import type { VolumeSubject } from "../../domain/volumes/volume-decision.ts";
import type { VolumeRecord } from "../../format/volume-coverage.ts";

/** What a stored record is about; what it lacks is empty. */
export function subjectOf(record: VolumeRecord): VolumeSubject {
  const { kind, namespace = "", name = "", pod = "", volume = "" } = record;
  switch (kind) {
    case "claim":
      return { kind, namespace, name, ...(volume === "" ? {} : { volume }) };
    case "pod-volume":
      return { kind, namespace, pod, volume };
    case "persistent-volume":
      return { kind, name };
  }
}
