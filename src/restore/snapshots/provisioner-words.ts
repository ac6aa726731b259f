import { toArkError } from "../../lib/errors.ts";
import { textAt } from "../../lib/json-edit.ts";
import { type JsonObject, parseJson } from "../../lib/json-text.ts";
import type { RestoreRun } from "../restore-run.ts";
import type { RestoredClaim } from "./claims-of-snapshots.ts";

/** A claim has few, each counting how often it came. */
const mostEvents = 100;

/** The last warning among the Events of a claim; empty: there is none, or they cannot be read. */
export async function provisionerWords(
  { namespace, name }: Pick<RestoredClaim, "namespace" | "name">,
  { target, ports, log }: Pick<RestoreRun, "target" | "ports" | "log">,
  signal: AbortSignal,
): Promise<string> {
  const kind = target.find("events", "v1");
  if (kind === undefined) return "";
  const fieldSelector = `involvedObject.kind=PersistentVolumeClaim,involvedObject.name=${name}`;
  const request = { kind, namespace, fieldSelector, limit: mostEvents };
  let [last, lastAt] = ["", ""];
  try {
    const page = await ports.cluster.list(request, { signal });
    for await (const items of page.items) {
      for (const { bytes } of items) {
        const event = parseJson(bytes.toString()) as JsonObject;
        const at =
          textAt(event, ["lastTimestamp"]) || textAt(event, ["metadata", "creationTimestamp"]);
        if (textAt(event, ["type"]) !== "Warning" || at < lastAt) continue;
        [last, lastAt] = [textAt(event, ["message"]), at];
      }
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const error = toArkError(thrown).message;
    log.write("info", "Events of a claim could not be read", { namespace, name, error });
  }
  return last;
}
