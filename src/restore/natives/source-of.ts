import type { NativeSource, VolumeFate } from "../../domain/restore/volume-fate.ts";
import { persistentVolumes } from "./native-volumes.ts";

/** An object of the backup, and as what it goes into the target. */
export interface SourcedObject {
  readonly line: { readonly resource: string; readonly name: string };
  readonly resource: string;
}

export interface KnownVolumes {
  readonly plan: { readonly volumes: ReadonlyMap<string, VolumeFate> };
}

/** Of what its volume is to be made; undefined: of nothing. */
export function sourceOf(
  { line, resource }: SourcedObject,
  { plan }: KnownVolumes,
): NativeSource | undefined {
  const isVolume = line.resource === persistentVolumes && resource === persistentVolumes;
  return isVolume ? plan.volumes.get(line.name)?.native : undefined;
}
