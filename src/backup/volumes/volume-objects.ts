import type { RawObject } from "../../api/raw-object.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listAll } from "../../catalog/list-objects.ts";
import { optInAnnotation, optOutAnnotation } from "../../domain/volumes/fs-backup.ts";
import {
  type ClaimFacts,
  claimFacts,
  type PersistentVolumeFacts,
  type PodFacts,
  persistentVolumeFacts,
  podFacts,
} from "../../domain/volumes/volume-facts.ts";
import type { ResourceListBuilder } from "../../format/resource-list.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { decodedObject } from "../decoded-object.ts";

/** What decides about volumes, of the objects in a backup; facts only, as there may be many. */
export interface VolumeObjects {
  readonly pods: readonly PodFacts[];
  /** By `namespace/name`. */
  readonly claims: ReadonlyMap<string, ClaimFacts>;
  readonly volumes: ReadonlyMap<string, PersistentVolumeFacts>;
}

export interface VolumeGatherer {
  /** The builder, with an eye on the objects that pass. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  /**
   * All of them. Objects of which only names passed, as an earlier process has taken them, are
   * read from the cluster as they are now. Errors: those of the API server.
   */
  objects(cluster: ClusterReader, signal: AbortSignal): Promise<VolumeObjects>;
}

const resourceOfKind: Readonly<Record<string, GroupResource>> = {
  Pod: "pods",
  PersistentVolumeClaim: "persistentvolumeclaims",
  PersistentVolume: "persistentvolumes",
};

/** Sources that hold nothing of their own: pods with these alone are most, and are not parsed. */
const holdsData =
  /"(?:persistentVolumeClaim|emptyDir|hostPath|nfs|csi|ephemeral|iscsi|fc|rbd|cephfs|cinder|gitRepo|glusterfs|quobyte|flexVolume|flocker|scaleIO|storageos|local|image|awsElasticBlockStore|azureDisk|azureFile|gcePersistentDisk|photonPersistentDisk|portworxVolume|vsphereVolume)":\s*\{|backup\.velero\.io\/backup-volumes/;

export function createVolumeGatherer(kinds: readonly ResourceKind[]): VolumeGatherer {
  const pods: PodFacts[] = [];
  const claims = new Map<string, ClaimFacts>();
  const volumes = new Map<string, PersistentVolumeFacts>();
  const unread = new Map<GroupResource, Map<string, Set<string>>>();
  const observe = (resource: GroupResource, object: RawObject): void => {
    const parse = (): unknown => decodedObject(object);
    if (resource === "pods") {
      if (holdsData.test(object.bytes.toString("latin1"))) pods.push(compact(podFacts(parse())));
    } else if (resource === "persistentvolumeclaims") {
      const facts = claimFacts(parse());
      claims.set(`${facts.namespace}/${facts.name}`, facts);
    } else {
      const facts = persistentVolumeFacts(parse());
      volumes.set(facts.name, facts);
    }
  };
  return {
    watch: (names) => ({
      add(apiVersion, kindName, object) {
        const resource = apiVersion === "v1" ? resourceOfKind[kindName] : undefined;
        if (resource !== undefined) {
          if (isRaw(object)) observe(resource, object);
          else remember(unread, resource, object);
        }
        names.add(apiVersion, kindName, object);
      },
      finish: () => names.finish(),
    }),
    async objects(cluster, signal) {
      for (const [resource, namespaces] of unread) {
        const kind = kinds.find((one) => groupResource(one) === resource);
        if (kind === undefined) continue;
        for (const [namespace, names] of namespaces) {
          for await (const object of listAll(cluster, { kind, namespace }, { signal })) {
            if (names.has(object.name)) observe(resource, object);
          }
        }
      }
      unread.clear();
      return { pods, claims, volumes };
    },
  };
}

function isRaw(object: object): object is RawObject {
  return "bytes" in object;
}

function remember(
  unread: Map<GroupResource, Map<string, Set<string>>>,
  resource: GroupResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): void {
  const namespaces = unread.get(resource) ?? new Map<string, Set<string>>();
  unread.set(resource, namespaces);
  const names = namespaces.get(namespace) ?? new Set();
  namespaces.set(namespace, names);
  names.add(name);
}

/** Annotations can be as large as the pod itself; two of them count here. */
function compact(facts: PodFacts): PodFacts {
  const annotations = Object.entries(facts.annotations).filter(
    ([key]) => key === optInAnnotation || key === optOutAnnotation,
  );
  return { ...facts, labels: {}, annotations: Object.fromEntries(annotations) };
}
