import { readLocationId } from "../../catalog/location-id.ts";
import type { RestoreMarks } from "../../domain/volumes/csi/restored-snapshot.ts";
import { toArkError } from "../../lib/errors.ts";
import type { RestoreRun } from "../restore-run.ts";

/**
 * What the snapshots of a restore are marked with; asked once. A location that has no id, or whose
 * id cannot be read, is no mark. Errors: those of the API server.
 */
export function restoreMarks({
  request,
  ports,
  log,
}: Pick<RestoreRun, "request" | "ports" | "log">): (signal: AbortSignal) => Promise<RestoreMarks> {
  const { cluster, store } = ports;
  let known: RestoreMarks | undefined;
  const locationOf = async (signal: AbortSignal): Promise<string> => {
    try {
      return (await readLocationId(store, signal)) ?? "";
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toArkError(thrown).message;
      log.write("info", "the id of the location could not be read", { error });
      return "";
    }
  };
  return async (signal) => {
    if (known !== undefined) return known;
    const clusterId = (await cluster.identity({ signal })).id;
    const locationId = await locationOf(signal);
    known = { restore: request.name, clusterId, locationId, place: store.display };
    return known;
  };
}
