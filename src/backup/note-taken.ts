import type { GroupResource } from "../api/resource-kind.ts";
import { definitionOf } from "../domain/references/custom-resource.ts";
import { namespaces } from "../domain/references/edges.ts";
import type { WantedItems } from "./wanted-items.ts";

/** What any item brings along: its Namespace, and the definition of its kind. */
export function noteTaken(wanted: WantedItems, resource: GroupResource, namespace: string): void {
  if (namespace !== "") wanted.want({ resource: namespaces, namespace: "", name: namespace });
  const definition = definitionOf(resource);
  if (definition !== undefined) wanted.want(definition);
}
