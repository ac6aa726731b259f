import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import type { BackupLimits, BackupReport } from "../../src/backup/backup-run.ts";
import { type ApiServer, createApiServer } from "../support/api-server/api-server.ts";
import { createMemoryStore, type MemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { backupRequest, readEntries, takeBackup } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface RelatedWorld {
  readonly server: ApiServer;
  readonly store: MemoryStore;
  /** Paths with query of LIST requests, in order. */
  readonly lists: readonly string[];
  add(apiVersion: string, kind: string, place: string, more?: Fields, metadata?: Fields): void;
  take(spec: BackupSpec, limits?: BackupLimits): Promise<BackupReport>;
  /** `resource place` of every entry of the backup. */
  names(): Promise<readonly string[]>;
}

/** An empty cluster and a store; a backup is called b. */
export function createRelatedWorld(): RelatedWorld {
  const clock = createVirtualClock({ jump: true });
  const server = createApiServer({ clock });
  const lists: string[] = [];
  server.faults = ({ method, path, query }) => {
    if (method === "GET") lists.push(`${path}?${query.toString()}`);
    return undefined;
  };
  const cluster = connectCluster(plainAccess(server.dispatcher()), clock);
  const store = createMemoryStore();
  return {
    server,
    store,
    lists,
    add(apiVersion, kind, place, more = {}, metadata = {}) {
      const [name, namespace] = place.split("/").reverse() as [string, string?];
      const where = namespace === undefined ? {} : { namespace };
      server.seed({ apiVersion, kind, metadata: { name, ...where, ...metadata }, ...more });
    },
    take: (spec, limits) =>
      takeBackup(cluster, store, {
        ...backupRequest("b", spec),
        ...(limits === undefined ? {} : { limits }),
      }),
    names: async () =>
      [...(await readEntries(store, "b")).keys()].map((key) => key.replace(" /", " ")).sort(),
  };
}

const rbac = "rbac.authorization.k8s.io/v1";
const web = { labels: { app: "web" } };
const optedOut = { labels: { "velero.io/exclude-from-backup": "true" } };

const mount = (claimName: string) => ({ name: claimName, persistentVolumeClaim: { claimName } });

/** A pod that mounts two claims, one opted out; accounts with bindings; custom kinds. */
export function fillShop(world: RelatedWorld): void {
  const { add } = world;
  for (const name of ["shop", "dark"])
    add("v1", "Namespace", name, { status: { phase: "Active" } });
  const volumes = [mount("data"), mount("hidden"), { name: "tmp", emptyDir: {} }];
  const pod = { spec: { priorityClassName: "high", volumes }, status: { phase: "Running" } };
  add("v1", "Pod", "shop/web", pod, web);
  add("v1", "PersistentVolumeClaim", "shop/data", bound("vol-data"));
  add("v1", "PersistentVolumeClaim", "shop/hidden", bound("vol-hidden"), optedOut);
  add("v1", "PersistentVolumeClaim", "shop/unused", bound("vol-unused"));
  for (const name of ["vol-data", "vol-hidden", "vol-unused"]) {
    add("v1", "PersistentVolume", name, { spec: { capacity: { storage: "1Gi" } } });
  }
  for (const name of ["high", "low"]) {
    add("scheduling.k8s.io/v1", "PriorityClass", name, { value: 1 });
  }
  for (const [name, metadata] of [["builder", web] as const, ["idle", {}] as const]) {
    add("v1", "ServiceAccount", `shop/${name}`, {}, metadata);
    add(rbac, "ClusterRole", `${name}-role`, { rules: [] });
    add(rbac, "ClusterRoleBinding", `${name}-binding`, binding(name));
  }
  for (const plural of ["widgets", "gadgets"]) addDefinition(world, plural);
  add("demo.example/v1", "Widget", "shop/w", { spec: {} }, web);
  add("v1", "ConfigMap", "shop/settings", { data: {} }, web);
}

export const bound = (volumeName: string) => ({
  spec: { volumeName, storageClassName: "fast" },
  status: { phase: "Bound" },
});

const binding = (name: string) => ({
  subjects: [{ kind: "ServiceAccount", namespace: "shop", name }],
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `${name}-role` },
});

function addDefinition(world: RelatedWorld, plural: string): void {
  const kind = plural === "widgets" ? "Widget" : "Gadget";
  const names = { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` };
  const versions = [{ name: "v1", served: true, storage: true }];
  const spec = { group: "demo.example", scope: "Namespaced", names, versions };
  world.add("apiextensions.k8s.io/v1", "CustomResourceDefinition", `${plural}.demo.example`, {
    spec,
  });
}
