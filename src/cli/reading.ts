import type { ObjectStore } from "../ports/object-store.ts";
import { openStore } from "./compose.ts";
import { chosenLocation, type NamedLocation } from "./locations.ts";
import { sayIfMissing } from "./missing-directory.ts";
import type { CommandNeed } from "./mode.ts";
import type { Session } from "./session.ts";
import { enterStandalone } from "./standalone.ts";

/** Backups or restores read at once by lists. */
export const readsInFlight = 16;

export interface OpenedLocation {
  readonly location: NamedLocation;
  readonly store: ObjectStore;
}

/** The location that `--storage-location` names, once it is known that this command may use it. Errors: ARK_STORE_BUCKET_MISSING for a typed path. */
export async function openChosenLocation(
  session: Session,
  need: Exclude<CommandNeed, "cluster">,
): Promise<OpenedLocation> {
  const { flags, environment } = session.invocation;
  const location = await chosenLocation(
    flags.text("storage-location"),
    session.config,
    environment,
  );
  await enterStandalone(session, need);
  await sayIfMissing(session, location);
  return { location, store: await openStore(session, location) };
}
