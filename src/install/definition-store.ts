import { definitionKind } from "../api/definition-kind.ts";
import type { LiveDefinition } from "../domain/definitions/decide-definition.ts";
import { decodeJson } from "../lib/json-text.ts";
import type { Cluster, ObjectRef } from "../ports/cluster.ts";

export const definitionRef = (name: string): ObjectRef => ({
  kind: definitionKind,
  namespace: "",
  name,
});

/** Undefined when the cluster has no such definition. Errors: those of a GET. */
export async function readDefinition(
  cluster: Pick<Cluster, "get">,
  name: string,
  signal: AbortSignal,
): Promise<LiveDefinition | undefined> {
  const raw = await cluster.get(definitionRef(name), { signal });
  if (raw === undefined) return undefined;
  return decodeJson(raw.bytes.toString("utf8")) as LiveDefinition;
}

/** True once objects of the kind can be made; why not, where the API server refuses its names. */
export function isEstablished({ status }: LiveDefinition): boolean {
  const holds = (type: string): boolean =>
    status?.conditions?.some((one) => one.type === type && one.status === "True") === true;
  return holds("Established") && holds("NamesAccepted");
}
