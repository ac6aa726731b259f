import type { RawObject } from "../../api/raw-object.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import type { Finding } from "../../api/results.ts";
import type { BackupPlan } from "../../domain/plan.ts";
import type { ItemReference } from "../../domain/references/item-reference.ts";
import { itemRules } from "../../domain/selection/item-verdict.ts";
import { mapConcurrently } from "../../lib/concurrency.ts";
import { toArkError } from "../../lib/errors.ts";
import { ApiError, type ClusterReader } from "../../ports/cluster.ts";
import { endsTheRun } from "../list-kind.ts";
import type { OperationLedger } from "./operation-ledger.ts";

const getsInFlight = 8;

/** An item that comes into the backup after all that was listed. */
export interface LateItem {
  readonly kind: ResourceKind;
  readonly object: RawObject;
  /** False: as it was at the cut, as it is gone since. */
  readonly isCurrent: boolean;
}

export interface LateSources {
  readonly plan: BackupPlan;
  /** All that are served. */
  readonly kinds: readonly ResourceKind[];
  readonly cluster: ClusterReader;
  readonly ledger: OperationLedger;
  readonly onFinding: (finding: Finding) => void;
}

export interface LateRequest {
  readonly item: ItemReference;
  /** Whatever the filters say. */
  readonly must: boolean;
  /** What named it is one of our own actions: it names what may not exist. */
  readonly isQuiet?: boolean;
}

/** Reads items as they are now, some at once; in the order in which they are asked for. */
export async function readLateItems(
  requests: readonly LateRequest[],
  sources: LateSources,
  signal: AbortSignal,
): Promise<readonly LateItem[]> {
  const found = await mapConcurrently(requests, getsInFlight, (request) =>
    readLateItem(request, sources, signal),
  );
  return found.filter((one) => one !== undefined);
}

/** Items as they were when they were held back, for those that nothing has changed since. */
export async function readCopies(
  items: readonly ItemReference[],
  sources: LateSources,
  signal: AbortSignal,
): Promise<readonly LateItem[]> {
  const found: LateItem[] = [];
  for (const item of items) {
    const kind = kindOf(item.resource, sources);
    const isOpen = kind !== undefined && !sources.ledger.isTaken(item);
    const object = isOpen ? await sources.ledger.copyOf(item, signal) : undefined;
    if (kind !== undefined && object !== undefined) found.push({ kind, object, isCurrent: false });
  }
  return found;
}

async function readLateItem(
  { item, must, isQuiet = false }: LateRequest,
  sources: LateSources,
  signal: AbortSignal,
): Promise<LateItem | undefined> {
  const { plan, ledger, onFinding } = sources;
  const kind = kindOf(item.resource, sources);
  const tell = (severity: Finding["severity"], message: string): void => {
    if (isQuiet) return;
    onFinding({ severity, code: "ARK_ITEM_OPERATION", message, ...item });
  };
  const place = `${item.resource} ${item.namespace === "" ? "" : `${item.namespace}/`}${item.name}`;
  const copy = async (why: string): Promise<LateItem | undefined> => {
    const object = kind && (await ledger.copyOf(item, signal));
    if (object === undefined || kind === undefined) return undefined;
    tell("warning", `${place} ${why}: the backup has it as it was before`);
    return { kind, object, isCurrent: false };
  };
  if (kind === undefined) {
    tell("warning", `${place} is not in this backup: its kind is not served`);
    return undefined;
  }
  if (!must && !isListed(kind, plan)) return undefined;
  const { namespace, name } = item;
  let object: RawObject | undefined;
  try {
    object = await sources.cluster.get({ kind, namespace, name }, { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown);
    if (endsTheRun.has(error.code)) throw error;
    const said = error instanceof ApiError ? error.api.serverMessage : error.message;
    const why = `could not be read again after its operation: ${said}`;
    const before = await ledger.copyOf(item, signal);
    const extent =
      before === undefined ? "it is not in this backup" : "the backup has it as it was before";
    tell("error", `${place} ${why}; ${extent}`);
    return before && { kind, object: before, isCurrent: false };
  }
  if (object === undefined || object.terminating) {
    const fate = object === undefined ? "is gone" : "is being deleted";
    const before = await copy(`${fate} since an operation was begun`);
    if (before === undefined) tell("warning", `${place} is not in this backup: it ${fate}`);
    return before;
  }
  const want = must ? "must" : "wanted";
  const verdict = itemRules(plan)(item.resource, object, { bySelector: false, want });
  return verdict === "taken" ? { kind, object, isCurrent: true } : undefined;
}

/** In the version in which the backup has the kind, else the preferred one. */
function kindOf(
  resource: GroupResource,
  { plan, kinds }: Pick<LateSources, "plan" | "kinds">,
): ResourceKind | undefined {
  const is = (kind: ResourceKind): boolean => groupResource(kind) === resource;
  return (
    plan.kinds.find(is) ??
    plan.related.find(({ kind }) => is(kind))?.kind ??
    kinds.find((kind) => is(kind) && kind.preferred) ??
    kinds.find(is)
  );
}

function isListed(kind: ResourceKind, { kinds, related }: BackupPlan): boolean {
  return kinds.includes(kind) || related.some((one) => one.kind === kind);
}
