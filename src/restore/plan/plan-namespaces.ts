import type { FieldChange } from "../../domain/diff/field-change.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { hasCode } from "../../lib/errors.ts";
import { objectAt } from "../../lib/json-edit.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { readObject } from "../apply/read-object.ts";
import { namespaceDrift } from "../survey/namespace-drift.ts";
import { labelsOf } from "../survey/survey-references.ts";
import { readNamespaces } from "../waits/ensure-namespaces.ts";
import { isTerminating, namespaceToMake } from "../waits/namespace-gate.ts";
import type { Planner } from "./assess-all.ts";

/** A target namespace as it is now and as it will be. */
export interface PlannedNamespace {
  readonly name: string;
  /** In the backup. */
  readonly source: string;
  /** `unknown`: this user may not read it, so that it counts as there. */
  readonly state: "absent" | "there" | "terminating" | "unknown";
  /** It is one of the backup's objects that are restored. */
  readonly isItem: boolean;
  /** False: labels select, and it is made when the first of its objects needs it. */
  readonly isMadeFirst: boolean;
  /** What is sent to make it; undefined when it is never made. */
  readonly toMake: { readonly desired: JsonObject; readonly fieldManager: string } | undefined;
  /** Labels and annotations in which the one that is there differs from the backup. */
  readonly drift: readonly FieldChange[];
  /** Labels that admission will see. */
  readonly labels: JsonObject;
}

/** Reads every target namespace once. Errors: those of a GET, but for a refusal of the right. */
export async function planNamespaces(
  run: Planner,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PlannedNamespace>> {
  const { selection, namespaces } = run.plan;
  const backedUp = await readNamespaces(run, new Set(namespaces.values()), signal);
  const planned = await mapConcurrently([...namespaces], run.limits.readers, async (pair) => {
    const [name, source] = pair;
    const object = backedUp.get(source);
    const isTaken = object !== undefined && selection.includes("namespaces", "", source);
    const isItem =
      isTaken &&
      (!selection.hasSelectors || selection.includesLabels("namespaces", "", labelsOf(object)));
    const isMadeFirst = !selection.hasSelectors || isItem;
    return { ...(await planNamespace(run, { name, source, object }, signal)), isItem, isMadeFirst };
  });
  return new Map(planned.map((one) => [one.name, one]));
}

/** One that only what an item action asks for goes into. Errors: as of {@link planNamespaces}. */
export async function planLateNamespace(
  run: Planner,
  { name, source }: Pick<PlannedNamespace, "name" | "source">,
  signal: AbortSignal,
): Promise<PlannedNamespace> {
  const object = (await readNamespaces(run, new Set([source]), signal)).get(source);
  const planned = await planNamespace(run, { name, source, object }, signal);
  return { ...planned, isItem: false, isMadeFirst: false };
}

async function planNamespace(
  run: Planner,
  given: Pick<PlannedNamespace, "name" | "source"> & { readonly object: JsonObject | undefined },
  signal: AbortSignal,
): Promise<Omit<PlannedNamespace, "isItem" | "isMadeFirst">> {
  const { name, source, object } = given;
  const { state, live } = await look(run, name, signal);
  const toMake = namespaceToMake(run, name, object);
  const isThere = state === "there" || state === "unknown";
  const isCompared = state === "there" && object !== undefined;
  const drift = isCompared ? namespaceDrift(run, name, object, live) : [];
  const labels = objectAt(isThere ? live : (toMake?.desired ?? {}), ["metadata", "labels"]);
  return { name, source, state, toMake, drift, labels };
}

interface Found {
  readonly state: PlannedNamespace["state"];
  readonly live: JsonObject;
}

async function look(run: Planner, name: string, signal: AbortSignal): Promise<Found> {
  const kind = run.target.find("namespaces", "v1");
  if (kind === undefined) return { state: "unknown", live: {} };
  try {
    const raw = await run.ports.cluster.get({ kind, namespace: "", name }, { signal });
    if (raw === undefined) return { state: "absent", live: {} };
    const live = readObject(raw.bytes, `namespace "${name}" of the cluster`);
    return { state: isTerminating(live) ? "terminating" : "there", live };
  } catch (thrown) {
    // A user with rights in the namespace alone may not read it.
    if (hasCode(thrown, "ARK_API_FORBIDDEN")) return { state: "unknown", live: {} };
    throw thrown;
  }
}
