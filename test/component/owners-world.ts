import { type Plain, plain, type RestoreWorld } from "./restore-world.ts";

export interface Reference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export const definition = plain(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "widgets.demo.example",
  {
    spec: {
      group: "demo.example",
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: {} } }],
    },
  },
);

export const widget = (place: string) =>
  plain("demo.example/v1", "Widget", place, { spec: { size: 1 } });

/** By the uid that `plain` gives it. */
export const ownedBy = (
  apiVersion: string,
  kind: string,
  place: string,
  marks: object = {},
): Reference => ({
  apiVersion,
  kind,
  name: place.split("/").at(-1)!,
  uid: `uid-${kind}-${place}`,
  ...marks,
});

export const configMap = (
  place: string,
  ownerReferences: readonly Reference[],
  metadata: object = {},
) => plain("v1", "ConfigMap", place, { metadata: { ownerReferences, ...metadata }, data: {} });

export function referencesOf(object: Plain | undefined): readonly Reference[] {
  return (object?.metadata["ownerReferences"] ?? []) as readonly Reference[];
}

export async function uidOf(world: RestoreWorld, resource: string, place: string): Promise<string> {
  return (await world.live(resource, place))?.metadata["uid"] as string;
}
