import type { BackupSpec } from "../api/backup.ts";
import type { GroupResource, ResourceKind } from "../api/resource-kind.ts";
import { ArkError } from "../lib/errors.ts";
import { resolveTerm } from "./selection/resolve-term.ts";

/** Names in the order in which they are to come: `namespace/name`, or `name` where cluster-scoped. */
export interface ResourceOrders {
  readonly byKind: ReadonlyMap<GroupResource, readonly string[]>;
  /** Terms that name no kind. */
  readonly unknown: readonly string[];
}

/** `pods=ns1/pod1,ns1/pod2;persistentvolumes=pv4,pv8`, as Velero's flag. Errors: ARK_USAGE. */
export function parseOrderedResources(text: string): Readonly<Record<string, string>> {
  const entries = text.split(";").map((entry) => {
    const [kind = "", names = "", ...more] = entry.split("=").map((part) => part.trim());
    if (kind === "" || names === "" || more.length > 0) {
      throw new ArkError(
        "ARK_USAGE",
        `--ordered-resources: ${JSON.stringify(entry)} is not RESOURCE=NAME,NAME`,
        {
          advice: "such as: pods=shop/db-0,shop/db-1;persistentvolumes=pv-4",
        },
      );
    }
    return [kind, names] as const;
  });
  return Object.fromEntries(entries);
}

/** The orders of a spec. Velero knows kinds by their plural only; here any of their names will do. */
export function resourceOrders(
  { orderedResources = {} }: Pick<BackupSpec, "orderedResources">,
  kinds: readonly ResourceKind[],
): ResourceOrders {
  const byKind = new Map<GroupResource, readonly string[]>();
  const unknown: string[] = [];
  for (const [term, list] of Object.entries(orderedResources)) {
    const names = list.split(",").map((name) => name.trim());
    const [resource] = resolveTerm(term, kinds, []).selected;
    if (resource === undefined) unknown.push(term);
    else byKind.set(resource, [...(byKind.get(resource) ?? []), ...names.filter(Boolean)]);
  }
  return { byKind, unknown };
}

/** Items whose names are given first, in the order of the names; then the others as they came. */
export function orderedFirst<Item>(
  items: readonly Item[],
  names: readonly string[],
  nameOf: (item: Item) => string,
): readonly Item[] {
  if (names.length === 0) return items;
  const place = new Map(names.map((name, index) => [name, index]));
  const placeOf = (item: Item): number => place.get(nameOf(item)) ?? names.length;
  return [...items].sort((a, b) => placeOf(a) - placeOf(b));
}
