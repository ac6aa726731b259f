import type { RestoreListing } from "../catalog/list-restores.ts";
import { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { closestMatch } from "./closest-match.ts";
import { readsInFlight } from "./reading.ts";
import { stampedNameOrder } from "./stamped-name-order.ts";

/** The named restores (none: all) in the order lists show. Errors: ARK_RESTORE_NOT_FOUND. */
export async function collectRestores(
  store: ObjectStore,
  names: readonly string[],
  { signal, journalStore }: { readonly signal: AbortSignal; readonly journalStore?: ObjectStore },
): Promise<readonly RestoreListing[]> {
  const { listRestores } = await import("../catalog/list-restores.ts");
  const elsewhere = journalStore === undefined ? {} : { journalStore };
  const options = { signal, concurrency: readsInFlight, ...elsewhere };
  const all: RestoreListing[] = [];
  for await (const listing of listRestores(store, options)) {
    all.push(listing);
  }
  const known = all.map(({ name }) => name);
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined) {
    const near = closestMatch(missing, known);
    throw new ArkError(
      "ARK_RESTORE_NOT_FOUND",
      `there is no restore "${missing}" in ${store.display}`,
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
