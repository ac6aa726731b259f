import type { RestoreListing } from "../catalog/list-restores.ts";
import type { RestorePlaces } from "../catalog/unrecorded-restore.ts";
import { closestMatch } from "../lib/closest-match.ts";
import { ArkError } from "../lib/errors.ts";
import { readsInFlight } from "./reading.ts";
import { livenessCheck } from "./run-owner.ts";
import { stampedNameOrder } from "./stamped-name-order.ts";

/** The named restores (none: all) in the order lists show. Errors: ARK_RESTORE_NOT_FOUND. */
export async function collectRestores(
  places: RestorePlaces,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly RestoreListing[]> {
  const { listRestores } = await import("../catalog/list-restores.ts");
  const options = { signal, concurrency: readsInFlight, liveness: await livenessCheck() };
  const all: RestoreListing[] = [];
  for await (const listing of listRestores(places, options)) all.push(listing);
  const known = all.map(({ name }) => name);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined) {
    const near = closestMatch(missing, known);
    throw new ArkError(
      "ARK_RESTORE_NOT_FOUND",
      `there is no restore "${missing}" in ${places.store.display}`,
      {
        advice:
          near === undefined
            ? "see what is there with: ark-ts restore get"
            : `did you mean ${near}?`,
      },
    );
  }
  return all
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .sort((a, b) => stampedNameOrder(a.name, b.name));
}
