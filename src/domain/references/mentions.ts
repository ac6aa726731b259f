import type { GroupResource } from "../../api/resource-kind.ts";
import { serviceAccounts } from "./edges.ts";
import type { ItemReference } from "./item-reference.ts";

const secrets: GroupResource = "secrets";
const configMaps: GroupResource = "configmaps";
const runtimeClasses: GroupResource = "runtimeclasses.node.k8s.io";
const ingressClasses: GroupResource = "ingressclasses.networking.k8s.io";
const storageClasses: GroupResource = "storageclasses.storage.k8s.io";

interface Named {
  readonly name?: string;
  readonly optional?: boolean;
}

interface ContainerLens {
  readonly env?: readonly {
    readonly valueFrom?: { readonly secretKeyRef?: Named; readonly configMapKeyRef?: Named };
  }[];
  readonly envFrom?: readonly { readonly secretRef?: Named; readonly configMapRef?: Named }[];
}

interface VolumeLens {
  readonly secret?: { readonly secretName?: string; readonly optional?: boolean };
  readonly configMap?: Named;
  readonly projected?: {
    readonly sources?: readonly { readonly secret?: Named; readonly configMap?: Named }[];
  };
  readonly csi?: { readonly nodePublishSecretRef?: Named };
}

/** A Pod as far as what it cannot start without needs it. */
export interface PodMentionsLens {
  readonly spec?: {
    readonly serviceAccountName?: string;
    readonly runtimeClassName?: string;
    readonly imagePullSecrets?: readonly Named[];
    readonly volumes?: readonly VolumeLens[];
    readonly containers?: readonly ContainerLens[];
    readonly initContainers?: readonly ContainerLens[];
  };
}

/**
 * What a pod names and a backup does not follow: secrets, config maps, service account, runtime
 * class, each once. Where such an item is missing, a restored pod does not start. What the pod
 * calls optional is not among them, nor what {@link podReferences} follows.
 */
export function podMentions({ spec = {} }: PodMentionsLens, namespace: string) {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const ofContainers = containers.flatMap(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ valueFrom = {} }) => [
      mention(secrets, namespace, valueFrom.secretKeyRef),
      mention(configMaps, namespace, valueFrom.configMapKeyRef),
    ]),
    ...envFrom.flatMap(({ secretRef, configMapRef }) => [
      mention(secrets, namespace, secretRef),
      mention(configMaps, namespace, configMapRef),
    ]),
  ]);
  return once([
    mention(serviceAccounts, namespace, { name: spec.serviceAccountName ?? "" }),
    mention(runtimeClasses, "", { name: spec.runtimeClassName ?? "" }),
    ...(spec.imagePullSecrets ?? []).map((secret) => mention(secrets, namespace, secret)),
    ...(spec.volumes ?? []).flatMap((volume) => ofVolume(volume, namespace)),
    ...ofContainers,
  ]);
}

function ofVolume(
  { secret, configMap, projected, csi }: VolumeLens,
  namespace: string,
): readonly (ItemReference | undefined)[] {
  const { secretName = "", ...rest } = secret ?? {};
  return [
    mention(secrets, namespace, { ...rest, name: secretName }),
    mention(configMaps, namespace, configMap),
    mention(secrets, namespace, csi?.nodePublishSecretRef),
    ...(projected?.sources ?? []).flatMap((source) => [
      mention(secrets, namespace, source.secret),
      mention(configMaps, namespace, source.configMap),
    ]),
  ];
}

/** The storage class that a claim names; "" means none. */
export function claimMentions(claim: {
  readonly spec?: { readonly storageClassName?: string | null };
}): readonly ItemReference[] {
  return once([mention(storageClasses, "", { name: claim.spec?.storageClassName ?? "" })]);
}

/** The secrets that pods of a service account pull images with. */
export function accountMentions(
  account: { readonly imagePullSecrets?: readonly Named[] },
  namespace: string,
): readonly ItemReference[] {
  return once((account.imagePullSecrets ?? []).map((one) => mention(secrets, namespace, one)));
}

/** The class that serves an ingress, and the certificates that it is served with. */
export function ingressMentions(
  {
    spec = {},
  }: {
    readonly spec?: {
      readonly ingressClassName?: string;
      readonly tls?: readonly { readonly secretName?: string }[];
    };
  },
  namespace: string,
): readonly ItemReference[] {
  return once([
    mention(ingressClasses, "", { name: spec.ingressClassName ?? "" }),
    ...(spec.tls ?? []).map(({ secretName = "" }) =>
      mention(secrets, namespace, { name: secretName }),
    ),
  ]);
}

function mention(
  resource: GroupResource,
  namespace: string,
  named: Named | undefined,
): ItemReference | undefined {
  const { name = "", optional = false } = named ?? {};
  return name === "" || optional ? undefined : { resource, namespace, name };
}

function once(mentions: readonly (ItemReference | undefined)[]): readonly ItemReference[] {
  const found = new Map<string, ItemReference>();
  for (const one of mentions) {
    if (one !== undefined) found.set(`${one.resource} ${one.name}`, one);
  }
  return [...found.values()];
}
