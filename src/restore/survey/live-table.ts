import type { GroupResource, ResourceKind } from "../../api/resource-kind.ts";
import { listPages } from "../../catalog/list-objects.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { objectKey } from "../apply/object-key.ts";
import type { PlannedKind } from "../plan-restore.ts";
import type { RestoreRun } from "../restore-run.ts";

/** What is known of an object in the target without asking for it. */
export type LiveState =
  | { readonly state: "absent" }
  | { readonly state: "unknown" }
  /** `normalSha256` of what is there; see the index. */
  | { readonly state: "present"; readonly normalSha256: string };

export interface LiveTable {
  stateOf(resource: GroupResource, namespace: string, name: string): LiveState;
}

/** Of what nobody has looked at yet. */
export const nothingSurveyed: LiveTable = { stateOf: () => ({ state: "unknown" }) };

/** With fewer objects than this in one place, each is asked for by itself. */
const listFrom = 5;
/** With more namespaces than this, one LIST over all of them is made. */
const maxNamespaceLists = 40;

/** What reading the target needs of a run. */
export type Surveyor = Pick<RestoreRun, "target" | "ports" | "limits" | "log" | "freshNamespaces">;

/** Reads what is there of the wave's kinds: one LIST per kind, or per kind and namespace. */
export async function readLiveObjects(
  kinds: readonly PlannedKind[],
  run: Surveyor,
  signal: AbortSignal,
): Promise<LiveTable> {
  const hashes = new Map<string, string>();
  const listed = new Set<string>();
  const lists = kinds.flatMap((planned) => {
    const kind = run.target.find(planned.resource, planned.version);
    return kind === undefined || !kind.verbs.includes("list")
      ? []
      : placesToList(planned, kind, run).map((place) => ({ ...place, planned, kind }));
  });
  await mapConcurrently(lists, run.limits.readers, async ({ planned, kind, namespace, covers }) => {
    try {
      await listInto({ run, kind, namespace, covers, hashes }, signal);
      for (const name of covers) listed.add(`${planned.resource}/${name}`);
    } catch (thrown) {
      signal.throwIfAborted();
      const { code, message } = toArkError(thrown);
      const resource = planned.resource;
      run.log.write("info", "existing objects are asked for one by one", {
        resource,
        code,
        message,
      });
    }
  });
  return {
    stateOf(resource, namespace, name) {
      if (namespace !== "" && run.freshNamespaces.has(namespace)) return { state: "absent" };
      const found = hashes.get(objectKey(resource, namespace, name));
      if (found !== undefined) return { state: "present", normalSha256: found };
      return { state: listed.has(`${resource}/${namespace}`) ? "absent" : "unknown" };
    },
  };
}

interface Place {
  /** Absent: the whole cluster. */
  readonly namespace: string | undefined;
  /** Target namespaces that the LIST answers for; the empty text for cluster scope. */
  readonly covers: readonly string[];
}

function placesToList(planned: PlannedKind, kind: ResourceKind, run: Surveyor): Place[] {
  const many = [...planned.perNamespace]
    .filter(([name, count]) => count >= listFrom && !run.freshNamespaces.has(name))
    .map(([name]) => name);
  if (many.length === 0) return [];
  if (!kind.namespaced || many.length > maxNamespaceLists) {
    return [{ namespace: undefined, covers: many }];
  }
  return many.map((namespace) => ({ namespace, covers: [namespace] }));
}

interface ListTask {
  readonly run: Surveyor;
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly covers: readonly string[];
  readonly hashes: Map<string, string>;
}

async function listInto(task: ListTask, signal: AbortSignal): Promise<void> {
  const { run, kind, namespace, hashes } = task;
  const resource = kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
  const covers = new Set(task.covers);
  for await (const page of listPages(run.ports.cluster, { kind, namespace }, { signal })) {
    for await (const batch of page) {
      for (const object of batch) {
        if (!covers.has(object.namespace)) continue;
        const key = objectKey(resource, object.namespace, object.name);
        hashes.set(key, object.terminating ? "" : normalSha256(object));
      }
    }
  }
}
