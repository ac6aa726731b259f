import type { BackupListing } from "../catalog/list-backups.ts";
import { matchesLabels, parseLabelSelector } from "../domain/label-selector.ts";
import { closestMatch } from "../lib/closest-match.ts";
import { ArkError } from "../lib/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readsInFlight } from "./reading.ts";
import { livenessCheck } from "./run-owner.ts";
import { stampedNameOrder } from "./stamped-name-order.ts";

export interface BackupChoice {
  /** Empty: all. */
  readonly names: readonly string[];
  /** Text of `--selector`. Entries that are no sealed backup have no labels. */
  readonly selector: string | undefined;
}

/** The chosen entries in the order lists show. Errors: ARK_BACKUP_NOT_FOUND, ARK_USAGE. */
export async function collectBackups(
  store: ObjectStore,
  choice: BackupChoice,
  signal: AbortSignal,
): Promise<readonly BackupListing[]> {
  const selector = choice.selector === undefined ? undefined : parseLabelSelector(choice.selector);
  const { listBackups } = await import("../catalog/list-backups.ts");
  const all: BackupListing[] = [];
  const liveness = await livenessCheck();
  const options = { signal, concurrency: readsInFlight, liveness };
  for await (const listing of listBackups(store, options)) all.push(listing);
  const known = all.map(({ name }) => name);
  const missing = choice.names.find((name) => !known.includes(name));
  if (missing !== undefined) throw notFound(missing, known, store);
  return all
    .filter(({ name }) => choice.names.length === 0 || choice.names.includes(name))
    .filter(
      (listing) =>
        selector === undefined ||
        (listing.state === "sealed" &&
          matchesLabels(selector, listing.backup.metadata.labels ?? {})),
    )
    .sort((a, b) => stampedNameOrder(a.name, b.name));
}

function notFound(name: string, known: readonly string[], store: ObjectStore): ArkError {
  const near = closestMatch(name, known);
  return new ArkError("ARK_BACKUP_NOT_FOUND", `there is no backup "${name}" in ${store.display}`, {
    advice:
      near === undefined ? "see what is there with: ark-ts backup get" : `did you mean ${near}?`,
  });
}
