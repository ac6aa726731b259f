import type { RawObject } from "../../api/raw-object.ts";
import { type GroupResource, groupResource, type ResourceKind } from "../../api/resource-kind.ts";
import { listPages } from "../../catalog/list-objects.ts";
import { endsTheRun } from "../../domain/restore/retry.ts";
import { toArkError } from "../../lib/errors.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import { readObject } from "../apply/read-object.ts";
import type { Planner } from "./assess-all.ts";

/**
 * Shows every object of a kind (in `version`, or whichever is served first), one at a time, and
 * keeps none. False: it is not served or may not
 * be read, so that nothing is known of it. Errors: those that end a run.
 */
export async function listTarget(
  run: Planner,
  resource: GroupResource,
  namespace: string | undefined,
  signal: AbortSignal,
  see: (object: JsonObject, raw: RawObject) => void,
  version?: ResourceKind,
): Promise<boolean> {
  const kind =
    version ??
    run.target.served.find((one) => groupResource(one) === resource && one.verbs.includes("list"));
  if (kind === undefined) return false;
  try {
    for await (const page of listPages(run.ports.cluster, { kind, namespace }, { signal })) {
      for await (const batch of page) {
        for (const raw of batch) see(readObject(raw.bytes, `${kind.kind} "${raw.name}"`), raw);
      }
    }
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message } = toArkError(thrown);
    if (endsTheRun(code)) throw thrown;
    run.log.write("info", "the plan looks at no object of a kind", { resource, code, message });
    return false;
  }
}
