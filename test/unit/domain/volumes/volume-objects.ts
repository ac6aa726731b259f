import { createVolumeMatcher } from "../../../../src/domain/policies/match-volume.ts";
import type { VolumePolicy } from "../../../../src/domain/policies/resource-policies.ts";
import {
  claimFacts,
  persistentVolumeFacts,
  podFacts,
} from "../../../../src/domain/volumes/volume-facts.ts";
import type { VolumeSettings } from "../../../../src/domain/volumes/volume-input.ts";

type Json = Readonly<Record<string, unknown>>;

/** A running pod of namespace `shop` whose one container mounts all its volumes. */
export function aPod(
  name: string,
  volumes: Readonly<Record<string, Json>>,
  some: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly phase?: string;
    readonly container?: Json;
    readonly nodeName?: string;
  } = {},
) {
  const { annotations = {}, phase = "Running", nodeName = "node-1" } = some;
  const names = Object.keys(volumes);
  const container = some.container ?? { volumeMounts: names.map((one) => ({ name: one })) };
  return {
    facts: podFacts({
      metadata: { namespace: "shop", name, annotations },
      spec: {
        nodeName,
        containers: [container],
        volumes: names.map((one) => ({ name: one, ...volumes[one] })),
      },
      status: { phase },
    }),
  };
}

export const claimNamed = (claimName: string): Json => ({ persistentVolumeClaim: { claimName } });

/** A claim of namespace `shop`, bound to the volume `pv-<name>` unless a phase is given. */
export function aClaim(
  name: string,
  some: { readonly labels?: Json; readonly phase?: string; readonly spec?: Json } = {},
) {
  const { phase = "Bound", labels = {} } = some;
  return {
    facts: claimFacts({
      metadata: { namespace: "shop", name, labels },
      spec: { ...(phase === "Bound" ? { volumeName: `pv-${name}` } : {}), ...some.spec },
      status: { phase },
    }),
  };
}

export const csiSource: Json = { csi: { driver: "ebs.csi.aws.com" } };

/** The volume of {@link aClaim}, of CSI, 10 GiB and class gp3 unless told otherwise. */
export function aVolume(claim: string, spec: Json = csiSource) {
  return {
    facts: persistentVolumeFacts({
      metadata: { name: `pv-${claim}` },
      spec: {
        capacity: { storage: "10Gi" },
        storageClassName: "gp3",
        claimRef: { namespace: "shop", name: claim },
        ...spec,
      },
    }),
  };
}

export function settings(
  some: Partial<VolumeSettings> & { readonly policies?: readonly VolumePolicy[] } = {},
): VolumeSettings {
  const { policies, ...rest } = some;
  return {
    defaultVolumesToFsBackup: false,
    snapshotMoveData: false,
    ...(policies === undefined ? {} : { match: createVolumeMatcher(policies) }),
    ...rest,
  };
}
