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
  let asked: Promise<RestoreMarks> | undefined;
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
  const ask = async (signal: AbortSignal): Promise<RestoreMarks> => {
    const clusterId = (await cluster.identity({ signal })).id;
    const locationId = await locationOf(signal);
    return { restore: request.name, clusterId, locationId, place: store.display };
  };
  return async (signal) => {
    // Claims are restored at the same time; one that fails to ask leaves it to the next.
    asked ??= ask(signal).catch((thrown: unknown) => {
      asked = undefined;
      throw thrown;
    });
    return await asked;
  };
}
