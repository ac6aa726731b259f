import type { RawObject } from "../../api/raw-object.ts";
import type { GroupResource } from "../../api/resource-kind.ts";
import { changesByKind } from "../../domain/restore/rule-table.ts";
import { normalSha256 } from "../../format/normal-form.ts";
import type { RestoreOutcome } from "../../format/restore-journal.ts";
import type { ShapedObject } from "../apply/assess-item.ts";
import type { RestoreRun } from "../restore-run.ts";

/** Controllers write notes for themselves on these soon after they are made; see noise.ts. */
const annotatedSoon: readonly GroupResource[] = [
  "deployments.apps",
  "replicasets.apps",
  "daemonsets.apps",
  "horizontalpodautoscalers.autoscaling",
  "endpoints",
];

type Written = Pick<ShapedObject, "line" | "resource" | "target" | "item" | "context"> &
  Pick<ShapedObject, "backedUp" | "initContainers">;

/**
 * Whether an object stands, right after it was written, byte for byte as the backup has it (its
 * namespace apart), and was to stand so: then what it was to be need not be put together, and an
 * equal hash later says that nothing has changed. False proves nothing.
 */
export function standsAsBackedUp(
  { line, resource, target, item, context, backedUp, initContainers }: Written,
  raw: RawObject,
): boolean {
  if (item.changedBy.length + item.problems.length + initContainers.length > 0) return false;
  if (item.awake !== undefined || resource !== line.resource || target.name !== line.name) {
    return false;
  }
  if (annotatedSoon.includes(resource) || changesByKind(backedUp, context)) return false;
  const { namespace: source = "" } = line;
  if (raw.namespace !== target.namespace) return false;
  if (source === target.namespace) return normalSha256(raw) === line.normalSha256;
  const moved = inNamespace(raw, source);
  return moved !== undefined && normalSha256(moved) === line.normalSha256;
}

/** Notes what an object is to be once its write is settled. `raw`: as the API server answered. */
export function noteRestored(
  run: Pick<RestoreRun, "restored" | "request" | "actions">,
  object: Written,
  { action, written }: Pick<RestoreOutcome, "action" | "written">,
  raw: RawObject | undefined,
): void {
  if (action === "skipped" || run.request.readBack === false) return;
  // What an item action made of it is not at hand here.
  const mayStand = raw !== undefined && run.actions === undefined;
  const stands = mayStand && standsAsBackedUp(object, raw) ? written?.sha256 : undefined;
  run.restored.note(object, action === "updated" ? "updated" : "created", stands);
}

/** The object with the first text that may be its namespace replaced: the hash tells if it was. */
function inNamespace(
  { bytes, namespace, volatileRanges }: RawObject,
  other: string,
): Pick<RawObject, "bytes" | "volatileRanges"> | undefined {
  if (namespace === "" || other === "") return undefined;
  const from = `"namespace":${JSON.stringify(namespace)}`;
  const at = bytes.indexOf(from);
  if (at === -1) return undefined;
  const to = Buffer.from(`"namespace":${JSON.stringify(other)}`);
  const end = at + Buffer.byteLength(from);
  const shift = to.length - (end - at);
  return {
    bytes: Buffer.concat([bytes.subarray(0, at), to, bytes.subarray(end)]),
    volatileRanges: volatileRanges.map((place) => (place >= end ? place + shift : place)),
  };
}
