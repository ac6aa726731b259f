import { listAll } from "../../catalog/list-objects.ts";
import { arrayAt, valueAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readObject } from "../apply/read-object.ts";
import type { TargetKinds } from "./target-kinds.ts";

/** Tells which Service of the target has a node port. */
export interface PortHolders {
  /** `namespace/name`; undefined when none is found or Services may not be listed. */
  find(port: number, signal: AbortSignal): Promise<string | undefined>;
}

/** A port that is not found may be held by a Service that is younger than the last LIST. */
const maxLists = 3;

export function createPortHolders(
  cluster: ClusterReader,
  target: Pick<TargetKinds, "find">,
): PortHolders {
  let holders: Promise<ReadonlyMap<number, string>> | undefined;
  let lists = 0;
  return {
    async find(port, signal) {
      const asked = holders;
      const found = (await asked)?.get(port);
      if (found !== undefined) return found;
      // Another caller may have begun a newer LIST meanwhile.
      if (holders === asked && lists < maxLists) {
        lists += 1;
        holders = listHolders(cluster, target, signal);
      }
      return (await holders)?.get(port);
    },
  };
}

async function listHolders(
  cluster: ClusterReader,
  target: Pick<TargetKinds, "find">,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const holders = new Map<number, string>();
  const kind = target.find("services", "v1");
  if (kind === undefined) return holders;
  try {
    for await (const { bytes, namespace, name } of listAll(cluster, { kind }, { signal })) {
      for (const port of nodePorts(readObject(bytes, `Service "${namespace}/${name}"`))) {
        holders.set(port, `${namespace}/${name}`);
      }
    }
  } catch {
    // The refusal that is being explained stands without a name then.
    signal.throwIfAborted();
  }
  return holders;
}

function nodePorts(service: JsonObject): number[] {
  const ports = arrayAt(service, ["spec", "ports"]).map((port) => valueAt(port, ["nodePort"]));
  return [...ports, valueAt(service, ["spec", "healthCheckNodePort"])]
    .map(Number)
    .filter((port) => port > 0);
}
