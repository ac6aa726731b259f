import { apiVersion, type GroupResource, groupResource } from "../api/resource-kind.ts";
import type { BackupPlan } from "../domain/plan.ts";
import type { ResourceListBuilder } from "../format/resource-list.ts";
import { createFingerprintTable, type FingerprintTable } from "../lib/fingerprint-table.ts";

/** Which objects were taken of kinds that are served in several versions; 16 bytes each. */
export interface TakenNames {
  /** Notes what passes on its way to `names`, by this process or the one it continues. */
  watch(names: ResourceListBuilder): ResourceListBuilder;
  count(resource: GroupResource): number;
  has(
    resource: GroupResource,
    object: { readonly namespace: string; readonly name: string },
  ): boolean;
}

/** The table wants a value; only names are asked for. */
const noValue = "0".repeat(16);

export function createTakenNames(plan: BackupPlan): TakenNames {
  const several = new Set((plan.otherVersions ?? []).map(groupResource));
  const tables = new Map<GroupResource, FingerprintTable>();
  const byKind = new Map<string, FingerprintTable>();
  for (const kind of [...plan.kinds, ...plan.related.map((related) => related.kind)]) {
    const resource = groupResource(kind);
    if (!several.has(resource)) continue;
    const table = createFingerprintTable();
    tables.set(resource, table);
    byKind.set(`${apiVersion(kind)} ${kind.kind}`, table);
  }
  return {
    watch(names) {
      if (byKind.size === 0) return names;
      return {
        add(version, kind, object) {
          byKind.get(`${version} ${kind}`)?.put(`${object.namespace}/${object.name}`, noValue);
          names.add(version, kind, object);
        },
        finish: () => names.finish(),
      };
    },
    count: (resource) => tables.get(resource)?.size ?? 0,
    has: (resource, { namespace, name }) =>
      tables.get(resource)?.has(`${namespace}/${name}`) ?? false,
  };
}
